/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/store/namesum.h"

#include "common/cleanup.h"

#include <fcntl.h>
#include <linux/limits.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>

/* ---- what was seen while writing ---- */

struct note {
	ino_t ino;
	size_t order; /* the number of a removed file may be used again: the last one counts */
	struct shale_digest digest;
	bool plain; /* STAT is known, as there are no xattrs */
	struct shale_namestat stat;
};

struct shale_noted {
	pthread_mutex_t lock; /* guards all below, while notes are added */
	struct note *notes;
	size_t n, room;
	bool sorted;
};

struct shale_noted *shale_noted_new(void)
{
	struct shale_noted *noted = calloc(1, sizeof(*noted));

	if (noted)
		pthread_mutex_init(&noted->lock, NULL);
	return noted;
}

void shale_noted_free(struct shale_noted *noted)
{
	if (!noted)
		return;
	pthread_mutex_destroy(&noted->lock);
	free(noted->notes);
	free(noted);
}

static int add(struct shale_noted *noted, const struct note *note)
{
	if (noted->n == noted->room) {
		size_t room = noted->room ? 2 * noted->room : 256;
		void *grown = realloc(noted->notes, room * sizeof(*noted->notes));
		if (!grown)
			return -ENOMEM;
		noted->notes = grown;
		noted->room = room;
	}
	noted->notes[noted->n] = *note;
	noted->notes[noted->n].order = noted->n;
	noted->n++;
	noted->sorted = false;
	return 0;
}

int shale_noted_add(struct shale_noted *noted, const struct stat *st,
	const struct shale_digest *digest, bool plain)
{
	struct note note = { .ino = st->st_ino, .digest = *digest, .plain = plain };

	shale_namestat_of(st, &note.stat);
	pthread_mutex_lock(&noted->lock);
	int r = add(noted, &note);
	pthread_mutex_unlock(&noted->lock);
	return r;
}

static int by_ino(const void *a, const void *b)
{
	const struct note *x = a, *y = b;

	if (x->ino != y->ino)
		return x->ino < y->ino ? -1 : 1;
	return x->order < y->order ? -1 : 1;
}

static const struct note *find_noted(struct shale_noted *noted, ino_t ino)
{
	if (!noted || !noted->n)
		return NULL;
	if (!noted->sorted)
		qsort(noted->notes, noted->n, sizeof(*noted->notes), by_ino);
	noted->sorted = true;
	size_t low = 0, high = noted->n; /* the first one behind those of INO is at HIGH */
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (noted->notes[middle].ino <= ino)
			low = middle + 1;
		else
			high = middle;
	}
	return high && noted->notes[high - 1].ino == ino ? &noted->notes[high - 1] : NULL;
}

/* ---- the digest of one name ---- */

struct shale_namesum {
	struct shale_datasum *datasum;
	struct shale_noted *noted; /* may be NULL */
};

static int sum_target(
	struct shale_namesum *sum, const struct shale_treewalk_name *at, struct shale_digest *ret)
{
	char target[PATH_MAX];
	ssize_t n = readlinkat(at->dirfd, at->name, target, sizeof(target));

	if (n < 0)
		return -errno;
	shale_datasum_begin(sum->datasum);
	shale_datasum_add(sum->datasum, 0, target, (size_t)n);
	shale_datasum_end(sum->datasum, n, ret);
	return 0;
}

static int sum_data(
	struct shale_namesum *sum, const struct shale_treewalk_name *at, struct shale_digest *ret)
{
	const struct note *known = find_noted(sum->noted, at->ino);

	if (known) {
		*ret = known->digest;
		return 0;
	}
	auto_close int fd = sys(
		openat(at->dirfd, at->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
	return fd < 0 ? fd : shale_datasum_of_file(sum->datasum, fd, ret);
}

void shale_namesum_free(struct shale_namesum *sum)
{
	if (sum)
		shale_datasum_free(sum->datasum);
	free(sum);
}

int shale_namesum_get(
	struct shale_namesum *sum, const struct shale_treewalk_name *at, struct shale_namesums *ret)
{
	*ret = (struct shale_namesums){ .type = at->type };
	if (at->type == DT_LNK)
		return sum_target(sum, at, &ret->data);
	return at->type == DT_REG ? sum_data(sum, at, &ret->data) : 0;
}

int shale_namesum_stat(
	struct shale_namesum *sum, const struct shale_treewalk_name *at, struct shale_namestat *ret)
{
	const struct note *known = at->type == DT_REG ? find_noted(sum->noted, at->ino) : NULL;

	if (!known || !known->plain)
		return shale_namestat_get(at, ret);
	*ret = known->stat;
	return 0;
}

struct shale_namesum *shale_namesum_new(struct shale_noted *noted)
{
	struct shale_namesum *sum = calloc(1, sizeof(*sum));

	if (!sum)
		return NULL;
	sum->noted = noted;
	sum->datasum = shale_datasum_new();
	if (sum->datasum)
		return sum;
	free(sum);
	return NULL;
}
