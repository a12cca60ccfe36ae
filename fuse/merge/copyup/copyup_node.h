/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copies nodes, with all their parents, to the upper layer. Within the merge filesystem only. */
#pragma once

#include "fuse/merge/copyup/upper_dir.h"

/* 0 once NODE lies in the upper layer, with metacopy=on a regular file without its data; -EROFS
 * without one. TREE and node locks are not held. */
int fs_copy_up(struct fs *fs, uint32_t node);
/* The same, for a regular file whose data are about to be changed, or cut to LENGTH bytes: no more
 * are copied. */
int fs_copy_up_data(struct fs *fs, uint32_t node, uint64_t length);

/* The upper directory of NODE, after its copy-up. TREE is not held. */
int upper_dir_open(struct fs *fs, uint32_t node, struct upper_dir *ret);
