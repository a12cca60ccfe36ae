/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads the names of a directory, layer by layer. For fuse/merge/lookup/listing.c only. */
#pragma once

#include "fuse/merge/state.h"

/* Smaller offsets are those of "." and "..". */
#define LIST_FIRST 3u

struct list_entry {
	uint64_t ino;    /* inode number, composed as in table.h */
	uint32_t offset; /* below 2^31; see list_place */
	uint32_t name;   /* position of the name in the listing's NAMES */
	uint8_t type;    /* DT_... of readdir(3) */
	/* A higher layer has a whiteout for the name, or the name was removed after the list was
	 * read. */
	bool hidden : 1;
	bool in_lower : 1; /* a layer below the upper one shows the name */
	uint16_t layer;
};

struct listing {
	uint32_t node;
	uint32_t users;
	bool dropped;
	/* Names were added to the upper layer after the list was read. It is still right about
	 * lower layers. */

	bool outdated;
	struct list_entry *entries; /* sorted by offset */
	/* Number of entries; for how many there is room; and the limit: a longer list is not
	 * kept. */
	size_t n, room, most;
	char *names;
	size_t names_size, names_room;
	uint16_t layer;       /* the layer that is being read */
	uint16_t filesystem;  /* filesystem of the real directory that is being read */
	uint32_t looked_up;   /* how many of a long list's names were looked up */
	struct listing *next; /* next listing in the chain, which was used less recently */
};

/* Returns the place of NAME in a list: its hash, but at least LIST_FIRST. An entry's offset is its
 * place, or the next free offset if another name has the same place. Offsets have 31 bits, because
 * 32-bit programs cannot use larger ones. */
uint32_t list_place(const char *name);

/* Reads all names of the directory NODE into a new listing, which the caller then uses. Returns
 * -E2BIG if there are more than MOST. The caller holds TREE. */
int listing_build(struct fs *fs, uint32_t node, size_t most, struct listing **ret);
void listing_free(struct listing *listing);
