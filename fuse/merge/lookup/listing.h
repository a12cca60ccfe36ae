/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Lists a merged directory in the order of a hash of the names. An offset is a hash, so it stays
 * valid when names are added or removed, and in another process.
 */
#pragma once

#include "fuse/merge/state.h"

struct listings;
int listings_open(struct listings **ret);
void listings_close(struct listings *listings);

/* fs_list; the caller holds TREE. */
int listing_list(struct fs *fs, uint32_t node, uint64_t offset, list_fn *fn, void *arg);

/* The topmost layer, other than the upper one, that has NAME in the directory NODE; NO_LAYER: none.
 * If no list is kept, returns 0, as if the upper layer had it; after many lookups a list is read
 * now. The caller holds TREE. */
#define NO_LAYER UINT16_MAX
uint16_t listing_layer(struct fs *fs, uint32_t node, const char *name);

/* Does the same where the list is kept after absent names, for a directory of few layers, and reads
 * nothing. */
uint16_t listing_layer_kept(struct fs *fs, uint32_t node, const char *name);
/* Notes that a name was looked for in vain in NODE, a directory of few layers: after many of these
 * its list is read now. The caller holds TREE. */
void listing_absent(struct fs *fs, uint32_t node);

/* Returns 1 if the layers of the directory NODE below the upper one show NAME, else 0; -ENODATA: no
 * list is kept. The caller holds TREE. */
int listing_in_lower(struct fs *fs, uint32_t node, const char *name);

/* Notes that a name in the directory NODE was looked up: the reader of a long list wants
 * attributes. */
void listing_looked_up(struct fs *fs, uint32_t node);

/* Update the kept list of NODE: NAME was removed; names were added; the list is not needed any
 * more. */
void listing_remove(struct fs *fs, uint32_t node, const char *name);
void listing_outdate(struct fs *fs, uint32_t node);
void listing_drop(struct fs *fs, uint32_t node);
