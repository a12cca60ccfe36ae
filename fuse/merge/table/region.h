/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An array of slots of one size in a memfd. Slots are addressed by index and never by pointer, so
 * that another process can map the same descriptor. If files must not grow (a hard RLIMIT_FSIZE),
 * the array is in this process's memory only.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct region {
	int memfd;     /* -1: the array is in this process's memory */
	uint8_t *base; /* address space for LIMIT slots, with memory for CAPACITY */
	size_t slot_size;
	uint32_t limit;
	uint32_t capacity;
	uint32_t used; /* slots below this one were used at least once */
	uint32_t in_use;
	/* First free slot; 0: there is none. Each free slot has the next one's index in its first
	 * four bytes. */
	uint32_t free;
	bool holding; /* slots that are given back stay in HELD for now */
	uint32_t *held;
	uint32_t n_held, held_room;
};

/* The size and the number of a region's slots. */
struct region_kind {
	size_t slot_size;
	uint32_t limit; /* most slots */
	/* Share of address space, if that is limited, in 96ths: all regions take 48. */
	unsigned int share;
};
/* Makes a region. Slot 0 is never used: index 0 means that there is no slot. */
int region_open(struct region *region, const char *name, const struct region_kind *kind);
/* Adopts the region that another worker has left in MEMFD. No slot is free until region_rebuild. */
int region_adopt(struct region *region, int memfd, const struct region_kind *kind);
/* Gives back each slot that is not in LIVE, an array with a byte for each of CAPACITY slots. */
void region_rebuild(struct region *region, const uint8_t *live);
void region_close(struct region *region);

/* Returns a zeroed slot; 0 if there is no memory or the region is full. */
uint32_t region_take(struct region *region);
void region_give(struct region *region, uint32_t slot);
/* Between these two calls, slots that are given back keep their content. */
void region_hold(struct region *region);
void region_release(struct region *region);

static inline void *region_at(const struct region *region, uint32_t slot)
{
	return region->base + (size_t)slot * region->slot_size;
}
