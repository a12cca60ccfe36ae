/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lists a merged directory in the order of a hash of its names. An offset is such a hash, so it
 * stays valid when names are added or removed, and in another process. */
#pragma once

#include "fuse/merge/state.h"

struct listings;
int listings_open(struct listings **ret);
void listings_close(struct listings *listings);

/* Does the work of fs_list; the caller holds TREE. */
int listing_list(struct fs *fs, uint32_t node, uint64_t offset, list_fn *fn, void *arg);

/*
 * Returns the topmost layer below the upper one that has NAME in the directory NODE; NO_LAYER: no
 * layer has it. If no list is kept, returns 0, as if the upper layer had NAME; after many lookups
 * the list is read now. The caller holds TREE.
 */
#define NO_LAYER UINT16_MAX
uint16_t listing_layer(struct fs *fs, uint32_t node, const char *name);

/* Does the work of listing_layer for a directory of few layers, whose list is kept after many
 * absent names. Reads no list. */
uint16_t listing_layer_kept(struct fs *fs, uint32_t node, const char *name);
/* Notes that NODE, a directory of few layers, lacks a name that was looked up. After many absent
 * names, reads the list now. The caller holds TREE. */
void listing_absent(struct fs *fs, uint32_t node);

/* Returns 1 if the layers of the directory NODE below the upper one show NAME, else 0. Returns
 * -ENODATA if no list is kept. The caller holds TREE. */
int listing_in_lower(struct fs *fs, uint32_t node, const char *name);

/* Notes a lookup in the directory NODE: the reader of a long list wants attributes. */
void listing_looked_up(struct fs *fs, uint32_t node);

/* Update the kept list of NODE: after NAME was removed, after names were added, and when the list
 * is not needed any more. */
void listing_remove(struct fs *fs, uint32_t node, const char *name);
void listing_outdate(struct fs *fs, uint32_t node);
void listing_drop(struct fs *fs, uint32_t node);
/* The layers are others now. */
void listings_drop_all(struct fs *fs);
