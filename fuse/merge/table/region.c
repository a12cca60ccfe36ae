/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/merge/table/region.h"

#include "common/base/scope.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>

#define GROWTH (1u << 20) /* bytes by which a region grows */

/* Whether files may grow. A limit on file sizes, where it cannot be raised, holds for memfds,
 * too. */
static bool may_grow_files(void)
{
	struct rlimit limit;

	return getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur == RLIM_INFINITY;
}

static uint32_t limit_of(const struct region_kind *kind)
{
	enum { WHOLE = 96 };
	struct rlimit space;

	if (getrlimit(RLIMIT_AS, &space) < 0 || space.rlim_cur == RLIM_INFINITY)
		return kind->limit;
	rlim_t share = space.rlim_cur / WHOLE * kind->share / kind->slot_size;
	return share < kind->limit ? (uint32_t)share : kind->limit;
}

int region_open(struct region *region, const char *name, const struct region_kind *kind)
{
	*region = (struct region){
		.memfd = -1, .slot_size = kind->slot_size, .limit = limit_of(kind), .used = 1
	};
	bool file = may_grow_files();
	auto_close int memfd = file ? sys(memfd_create(name, MFD_CLOEXEC)) : -1;
	if (file && memfd < 0)
		return memfd;
	void *base = mmap(NULL, region->limit * region->slot_size, PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_NORESERVE | (file ? 0 : MAP_ANONYMOUS), memfd, 0);
	if (base == MAP_FAILED)
		return -errno;
	region->base = base;
	region->memfd = steal_fd(&memfd);
	return 0;
}

int region_adopt(struct region *region, int memfd, const struct region_kind *kind)
{
	struct stat st;

	*region = (struct region){
		.memfd = -1, .slot_size = kind->slot_size, .limit = limit_of(kind)
	};
	if (fstat(memfd, &st) < 0)
		return -errno;
	region->capacity = (uint32_t)((size_t)st.st_size / region->slot_size);
	if (region->capacity > region->limit)
		return -ENOMEM;
	region->used = region->capacity ? region->capacity : 1;
	void *base = mmap(NULL, region->limit * region->slot_size, PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_NORESERVE, memfd, 0);
	if (base == MAP_FAILED)
		return -errno;
	region->base = base;
	region->memfd = memfd;
	return 0;
}

void region_rebuild(struct region *region, const uint8_t *live)
{
	uint32_t end = region->capacity;

	while (end > 1 && !live[end - 1])
		end--;
	region->used = end ? end : 1;
	region->in_use = region->used - 1;
	region->free = 0;
	for (uint32_t slot = region->used; slot-- > 1;)
		if (!live[slot])
			region_give(region, slot);
}

void region_close(struct region *region)
{
	free(region->held);
	if (region->base)
		munmap(region->base, (size_t)region->limit * region->slot_size);
	cleanup_close(&region->memfd);
	*region = (struct region){ .memfd = -1 };
}

static int grow(struct region *region)
{
	size_t size = (size_t)region->capacity * region->slot_size + GROWTH;
	size_t most = (size_t)region->limit * region->slot_size;

	if (size > most)
		size = most;
	if (size / region->slot_size <= region->capacity)
		return -ENOMEM;
	if (region->memfd >= 0 && ftruncate(region->memfd, (off_t)size) < 0)
		return -errno;
	region->capacity = (uint32_t)(size / region->slot_size);
	return 0;
}

uint32_t region_take(struct region *region)
{
	uint32_t slot = region->free;

	if (slot) {
		memcpy(&region->free, region_at(region, slot), sizeof(region->free));
	} else {
		if (region->used >= region->capacity && grow(region) < 0)
			return 0;
		slot = region->used++;
	}
	memset(region_at(region, slot), 0, region->slot_size);
	region->in_use++;
	return slot;
}

/* Keeps the slot from being used for now. Without memory to note it, the slot is lost until the
 * next worker finds it. */
static void hold_slot(struct region *region, uint32_t slot)
{
	if (region->n_held == region->held_room) {
		uint32_t room = region->held_room ? region->held_room * 2 : 16;
		uint32_t *grown = realloc(region->held, room * sizeof(*grown));
		if (!grown)
			return;
		region->held = grown;
		region->held_room = room;
	}
	region->held[region->n_held++] = slot;
}

void region_hold(struct region *region)
{
	region->holding = true;
}

void region_release(struct region *region)
{
	region->holding = false;
	while (region->n_held)
		region_give(region, region->held[--region->n_held]);
}

void region_give(struct region *region, uint32_t slot)
{
	if (region->holding) {
		hold_slot(region, slot);
		return;
	}
	memcpy(region_at(region, slot), &region->free, sizeof(region->free));
	region->free = slot;
	region->in_use--;
}
