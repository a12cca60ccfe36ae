/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/merge/table/kept_state.h"

#include "common/base/scope.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>

static _Thread_local struct kept_change *at_work;

static uint32_t layout(void)
{
	return KEPT_NODE | KEPT_REAL << 8 | (uint32_t)(sizeof(struct kept_state) & 0xffff) << 16;
}

static void set_up(struct kept_state *kept, int memfd)
{
	*kept = (struct kept_state){ .version = KEPT_VERSION,
		.layout = layout(),
		.memfd = memfd,
		.device = -1,
		.witness = -1,
		.work = -1,
		.work_lock = -1,
		.old_lock = -1,
		.index = -1 };
	for (size_t i = 0; i < KEPT_REGIONS; i++)
		kept->regions[i] = -1;
}

static struct kept_state *map(int memfd)
{
	void *at = mmap(
		NULL, sizeof(struct kept_state), PROT_READ | PROT_WRITE, MAP_SHARED, memfd, 0);

	return at == MAP_FAILED ? NULL : at;
}

/* Whether files may grow without limit. They must, since regions of the table are files, too. */
static bool may_grow_files(void)
{
	struct rlimit limit;

	return getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur == RLIM_INFINITY;
}

struct kept_state *kept_new(void)
{
	auto_close int memfd = may_grow_files() ? sys(memfd_create("shale-kept", MFD_CLOEXEC)) : -1;

	if (memfd < 0 || ftruncate(memfd, sizeof(struct kept_state)) < 0)
		return NULL;
	struct kept_state *kept = map(memfd);
	if (kept)
		set_up(kept, steal_fd(&memfd));
	return kept;
}

struct kept_state *kept_map(int memfd)
{
	struct stat st;

	if (fstat(memfd, &st) < 0 || st.st_size != sizeof(struct kept_state))
		return NULL;
	struct kept_state *kept = map(memfd);
	if (kept && (kept->version != KEPT_VERSION || kept->layout != layout())) {
		munmap(kept, sizeof(*kept));
		return NULL;
	}
	return kept;
}

bool kept_is_known(const char *text)
{
	char known[32];

	snprintf(known, sizeof(known), "%u:%u", KEPT_VERSION, layout());
	return !strcmp(text, known);
}

struct kept_state *kept_private(void)
{
	struct kept_state *kept = calloc(1, sizeof(*kept));

	if (kept)
		set_up(kept, -1);
	return kept;
}

void kept_free(struct kept_state *kept)
{
	if (!kept)
		return;
	if (kept->memfd < 0) {
		free(kept);
		return;
	}
	close(kept->memfd);
	munmap(kept, sizeof(*kept));
}

/* Takes a free slot for a note. If none is free, takes the oldest one: its worker may have died
 * after the answer, and left the slot in use. */
static struct kept_change *take_change(struct kept_state *kept)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	struct kept_change *change = NULL;

	pthread_mutex_lock(&lock);
	for (uint32_t i = 0; i < KEPT_CHANGES; i++) {
		change = &kept->changes[kept->next_change++ % KEPT_CHANGES];
		if (!change->unique)
			break;
	}
	change->unique = 0;
	kept_barrier();
	change->from = change->to = change->before = change->again = 0;
	kept_barrier();
	change->unique = UINT64_MAX; /* in use, but for no request yet */
	pthread_mutex_unlock(&lock);
	return change;
}

static struct kept_change *find_change(struct kept_state *kept, uint64_t unique)
{
	for (uint32_t i = 0; i < KEPT_CHANGES; i++)
		if (kept->changes[i].unique == unique)
			return &kept->changes[i];
	return NULL;
}

void kept_change_begin(struct kept_state *kept, uint64_t unique, bool resent)
{
	struct kept_change *change = resent ? find_change(kept, unique) : NULL;

	if (change) {
		change->again = 1;
	} else {
		change = take_change(kept);
		kept_barrier();
		change->unique = unique;
		kept_barrier();
	}
	at_work = change;
}

void kept_change_end(void)
{
	if (at_work)
		at_work->unique = 0;
	at_work = NULL;
}

struct kept_change *kept_change(void)
{
	return at_work;
}

struct kept_change *kept_change_again(void)
{
	return at_work && at_work->again ? at_work : NULL;
}
