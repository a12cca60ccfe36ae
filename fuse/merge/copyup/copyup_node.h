/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copies nodes, with all their parents, to the upper layer. Within the merge filesystem only. */
#pragma once

#include "fuse/merge/copyup/upper_dir.h"

/*
 * Copies NODE and all its parents up, and returns 0 when NODE is in the upper layer. With
 * metacopy=on a regular file may lack its data. Returns -EROFS without an upper layer. The caller
 * holds neither TREE nor a node's lock.
 */
int copyup_node(struct fs *fs, uint32_t node);
/* Copies up a regular file with its data, because they will be changed. The file will be cut to
 * LENGTH bytes, so copies no more. */
int copyup_node_data(struct fs *fs, uint32_t node, uint64_t length);

/* Copies NODE up and opens its upper directory. The caller does not hold TREE. */
int upper_dir_open(struct fs *fs, uint32_t node, struct upper_dir *ret);
