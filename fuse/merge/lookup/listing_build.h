/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads what a directory holds, layer by layer. Within fuse/merge/lookup/listing.c only. */
#pragma once

#include "fuse/merge/state.h"

/* Offsets of a list below it are those of "." and "..". */
#define LIST_FIRST 3u

struct list_entry {
	uint64_t ino;
	uint32_t offset;   /* its place in the list, below 2^31: see list_place */
	uint32_t name;     /* offset in the listing's names */
	uint8_t type;      /* DT_ */
	bool hidden : 1;   /* a whiteout in a layer above, or removed since */
	bool in_lower : 1; /* the layers below the upper one show it */
	uint16_t layer;
};

struct listing {
	uint32_t node;
	uint32_t users;
	bool dropped;
	bool outdated; /* the upper layer has got more since: of those below it, it still tells all
			*/
	struct list_entry *entries; /* sorted by offset */
	size_t n, room, most;       /* of entries: with more, it is not worth it */
	char *names;
	size_t names_size, names_room;
	uint16_t layer;       /* that is being read */
	struct listing *next; /* most recently used first */
};

/* The order of a list: a hash of the name, at least LIST_FIRST. An entry's offset is its place, or
 * the next free one behind it where other names have the same place. Offsets fit into 31 bits,
 * since 32-bit programs can read no directory that has larger ones. */
uint32_t list_place(const char *name);

/* All names of the directory NODE, in use by the caller; -E2BIG: there are more than MOST. TREE is
 * held. */
int listing_build(struct fs *fs, uint32_t node, size_t most, struct listing **ret);
void listing_free(struct listing *listing);
