/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The merged contents of a directory, in the order of a hash of the names: an offset is a hash, so
 * that it means the same whatever is added or removed meanwhile, and to another process.
 */
#pragma once

#include "fuse/merge/state.h"

struct listings;
int listings_open(struct listings **ret);
void listings_close(struct listings *listings);

/* fs_list with TREE held. */
int fs_list_locked(struct fs *fs, uint32_t node, uint64_t offset, list_fn *fn, void *arg);

/* The topmost layer that has NAME in the directory NODE, other than the upper one; NO_LAYER:
 * none has it. 0, as if the upper layer had it, where no list is kept; one is read now if
 * there were many lookups. TREE is held. */
#define NO_LAYER UINT16_MAX
uint16_t listing_layer(struct fs *fs, uint32_t node, const char *name);

/* 1 if the layers of the directory NODE below the upper one show NAME, 0 if not; -ENODATA: no
 * list of it is kept. TREE is held. */
int listing_in_lower(struct fs *fs, uint32_t node, const char *name);

/* Update the kept list of NODE: NAME was removed; names were added; the list is no longer wanted.
 */
void listing_remove(struct fs *fs, uint32_t node, const char *name);
void listing_outdate(struct fs *fs, uint32_t node);
void listing_drop(struct fs *fs, uint32_t node);
