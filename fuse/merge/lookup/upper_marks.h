/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The marks of upper directories that say what was copied up. Looking a directory up, and listing
 * it, puts them right at times, as it does for the kernel. Within the merge filesystem only.
 */
#pragma once

#include "fuse/merge/lookup/found.h"
#include "fuse/merge/lookup/listing_build.h"

/* Marks an upper real directory, open as FD, as one that holds what was copied up. */
int fs_mark_impure(struct fs *fs, uint32_t real, int fd);

/* Takes that mark from the real directory REAL of the upper layer, if nothing that it lists says
 * that it was copied up. */
void fs_unmark_impure(struct fs *fs, uint32_t real, const struct listing *listing);

/* Gives the merged upper directory FOUND, under NAME, its origin. Without it no more is lost than a
 * number, and the upper layer may be one that takes no xattrs: a failure is not told. TREE is held.
 */
void fs_add_origin(struct fs *fs, const char *name, struct found *found);
