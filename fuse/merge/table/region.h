/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An array of fixed-size slots in one memfd, addressed by index and never by pointer: what lies in
 * it can be handed to another process that maps the same descriptor. Where files must not grow (a
 * hard RLIMIT_FSIZE), it lies in memory of this process alone.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct region {
	int memfd;     /* -1: none */
	uint8_t *base; /* address space for LIMIT slots, backed up to CAPACITY */
	size_t slot_size;
	uint32_t limit;
	uint32_t capacity;
	uint32_t used; /* slots below this one were handed out at least once */
	uint32_t in_use;
	uint32_t free; /* first of a list through the first four bytes of free slots; 0: none */
};

/* LIMIT is made smaller where address space is scarce. Slot 0 is never handed out: index 0 means
 * none. */
int region_open(struct region *region, const char *name, size_t slot_size, uint32_t limit);
void region_close(struct region *region);

/* A zeroed slot, or 0 when memory is out. */
uint32_t region_take(struct region *region);
void region_give(struct region *region, uint32_t slot);

static inline void *region_at(const struct region *region, uint32_t slot)
{
	return region->base + (size_t)slot * region->slot_size;
}
