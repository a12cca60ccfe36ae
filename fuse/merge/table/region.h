/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An array of slots of equal size in a memfd. A slot is named by its index, never by a pointer, so
 * that another process can map the same memfd. If files may not grow (a hard RLIMIT_FSIZE), the
 * array is in this process's own memory. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct region {
	int memfd;     /* -1: the array is in this process's own memory */
	uint8_t *base; /* address of slot 0; there is address space for LIMIT slots, and memory for
			  CAPACITY */
	size_t slot_size;
	uint32_t limit;
	uint32_t capacity;
	uint32_t used; /* all slots from this one on were never used */
	uint32_t in_use;
	/* The first free slot; 0: none. The first four bytes of a free slot are the index of the
	 * next. */
	uint32_t free;
	bool holding; /* slots that are given back go to HELD for now, and are not used again */
	uint32_t *held;
	uint32_t n_held, held_room;
};

/* Size and number of the slots of one kind of region. */
struct region_kind {
	size_t slot_size;
	uint32_t limit; /* the most slots */
	/* If address space is limited: this kind's share of it, in 96ths. All kinds together take
	 * 48. */
	unsigned int share;
};
/* Makes a region. Slot 0 is never used: index 0 means that there is no slot. */
int region_open(struct region *region, const char *name, const struct region_kind *kind);
/* Takes over the region that another worker has left in MEMFD. No slot is free until
 * region_rebuild. */
int region_adopt(struct region *region, int memfd, const struct region_kind *kind);
/* Frees each slot I whose byte LIVE[I] is 0. LIVE has CAPACITY bytes. */
void region_rebuild(struct region *region, const uint8_t *live);
void region_close(struct region *region);

/* Returns a slot, filled with zeros; 0: there is no memory, or the region is full. */
uint32_t region_take(struct region *region);
void region_give(struct region *region, uint32_t slot);
/* Between region_hold and region_release, slots that are given back keep their content. */
void region_hold(struct region *region);
void region_release(struct region *region);

static inline void *region_at(const struct region *region, uint32_t slot)
{
	return region->base + (size_t)slot * region->slot_size;
}
