/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copies nodes, with all their parents, to the upper layer. Within the merge filesystem only. */
#pragma once

#include "fuse/merge/copyup/upper_dir.h"

/* 0 when NODE is in the upper layer; with metacopy=on a regular file may lack its data; -EROFS
 * without an upper layer. The caller holds neither TREE nor a node's lock. */
int copyup_node(struct fs *fs, uint32_t node);
/* The same for a regular file whose data will be changed, or cut to LENGTH bytes: copies no more
 * than these. */
int copyup_node_data(struct fs *fs, uint32_t node, uint64_t length);

/* The upper directory of NODE, after its copy-up. The caller does not hold TREE. */
int upper_dir_open(struct fs *fs, uint32_t node, struct upper_dir *ret);
