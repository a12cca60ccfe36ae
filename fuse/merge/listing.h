/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The merged contents of a directory, in the order of a hash of the names: an offset is a hash, so
 * that it means the same whatever is added or removed meanwhile, and to another process.
 */
#pragma once

#include "fuse/merge/fs.h"

struct shale_listings;
int shale_listings_open(struct shale_listings **ret);
void shale_listings_close(struct shale_listings *listings);

/* shale_fs_list with TREE held. */
int shale_fs_list_locked(
	struct shale_fs *fs, uint32_t node, uint64_t offset, shale_list_fn *fn, void *arg);

/* The topmost layer that has NAME in the directory NODE, but for the upper one, if its contents are
 * at hand, or were so often asked for that they are read now; else 0, as if the upper layer had it;
 * SHALE_NO_LAYER: none has it. TREE is held. */
#define SHALE_NO_LAYER UINT16_MAX
uint16_t shale_listing_layer(struct shale_fs *fs, uint32_t node, const char *name);

/* 1 if the layers of the directory NODE below the upper one show NAME, 0 if not; -ENODATA: its
 * contents are not at hand. TREE is held. */
int shale_listing_in_lower(struct shale_fs *fs, uint32_t node, const char *name);

/* What is remembered of NODE's contents: a name less, others more, or no longer wanted. */
void shale_listing_remove(struct shale_fs *fs, uint32_t node, const char *name);
void shale_listing_outdate(struct shale_fs *fs, uint32_t node);
void shale_listing_drop(struct shale_fs *fs, uint32_t node);
