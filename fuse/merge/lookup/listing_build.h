/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads the names of a directory, layer by layer. Within fuse/merge/lookup/listing.c only. */
#pragma once

#include "fuse/merge/state.h"

/* Lower offsets are those of "." and "..". */
#define LIST_FIRST 3u

struct list_entry {
	uint64_t ino;      /* composed, as in table.h */
	uint32_t offset;   /* below 2^31; see list_place */
	uint32_t name;     /* offset in the listing's names */
	uint8_t type;      /* DT_ */
	bool hidden : 1;   /* a higher layer has a whiteout for it, or it was removed since */
	bool in_lower : 1; /* layers below the upper one show it */
	uint16_t layer;
};

struct listing {
	uint32_t node;
	uint32_t users;
	bool dropped;
	/* Names were added in the upper layer since; the list is still right for the lower
	 * layers. */
	bool outdated;
	struct list_entry *entries; /* sorted by offset */
	size_t n, room, most;       /* number of entries; above MOST the list is given up */
	char *names;
	size_t names_size, names_room;
	uint16_t layer;       /* the layer that is being read */
	uint16_t filesystem;  /* of the real directory that is being read */
	uint32_t looked_up;   /* names that were asked for, if the list is a long one */
	struct listing *next; /* most recently used first */
};

/* The place of NAME in a list: a hash of it, at least LIST_FIRST. An entry's offset is its place,
 * or the next free one if other names have the same place. Offsets have 31 bits, since 32-bit
 * programs cannot read directories with larger ones. */
uint32_t list_place(const char *name);

/* All names of the directory NODE, in use by the caller; -E2BIG: more than MOST. The caller holds
 * TREE. */
int listing_build(struct fs *fs, uint32_t node, size_t most, struct listing **ret);
void listing_free(struct listing *listing);
