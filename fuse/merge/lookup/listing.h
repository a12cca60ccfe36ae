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

/* Returns the topmost layer below the upper one that has NAME in the directory NODE; NO_LAYER: none
 * has it. If there is no list, returns 0, which means that every layer must be asked; after many
 * lookups reads the list first. The caller holds TREE. */
#define NO_LAYER UINT16_MAX
uint16_t listing_layer(struct fs *fs, uint32_t node, const char *name);

/* Like listing_layer, for a directory in few layers. Reads no list: one may exist after many absent
 * names (listing_absent). */
uint16_t listing_layer_kept(struct fs *fs, uint32_t node, const char *name);
/* Notes that a looked-up name is absent in NODE, a directory in few layers. After many absent
 * names, reads the list. The caller holds TREE. */
void listing_absent(struct fs *fs, uint32_t node);

/* Returns 1 if the layers of NODE below the upper one show NAME, else 0; -ENODATA if there is no
 * list. The caller holds TREE. */
int listing_in_lower(struct fs *fs, uint32_t node, const char *name);

/* Notes a lookup of a name in the directory NODE: it shows that the reader of a long list wants
 * attributes. */
void listing_looked_up(struct fs *fs, uint32_t node);

/* Update the list of NODE: listing_remove after NAME was removed, listing_outdate after names were
 * added; listing_drop frees it. */
void listing_remove(struct fs *fs, uint32_t node, const char *name);
void listing_outdate(struct fs *fs, uint32_t node);
void listing_drop(struct fs *fs, uint32_t node);
/* Drops all lists, because the layers have changed. */
void listings_drop_all(struct fs *fs);
