/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Steps that creating, removing and renaming share. Within the merge filesystem only. */
#pragma once

#include "common/overlay/copyup_file.h"
#include "fuse/merge/copyup/copyup_node.h"
#include "fuse/merge/lookup/listing.h"
#include "fuse/merge/lookup/lookup.h"
#include "fuse/merge/descriptors/locate.h"
#include "fuse/merge/descriptors/unlinked.h"
#include "fuse/merge/lookup/upper_marks.h"

/* 1 if NAME is a whiteout in DIRFD, 0 if not or absent. */
int fs_has_whiteout(const struct fs *fs, int dirfd, const char *name);

#define SHARED_WHITEOUT "whiteout" /* in the work directory */

/* A whiteout NAME in DIRFD; all of a mount are names of one inode, for as many as it can have. */
int fs_whiteout(struct fs *fs, int dirfd, const char *name);

/* Removes NAME of the work directory with all below it. The next mount removes what is left. */
void work_remove(int work, const char *name);
/* Removes all below NAME of the work directory, and leaves NAME. */
void work_empty(int work, const char *name);
/* 0 if the merged directory NODE is empty, -ENOTEMPTY, or another negative errno. TREE is
 * held. */
int fs_check_empty(struct fs *fs, uint32_t node);
/* To be called before the name NAME of NODE (0: nothing to do) in DIR is removed or moved:
 * makes the name in the upper layer, if NODE is in the index or gets there by a copy-up. TREE
 * and node locks are not held. */
int fs_index_link(struct fs *fs, uint32_t node, const struct upper_dir *dir, const char *name);
