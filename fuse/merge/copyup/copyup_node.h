/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copies nodes and all their parents to the upper layer. Within the merge filesystem only. */
#pragma once

#include "fuse/merge/copyup/upper_dir.h"

/* Copies NODE and its parents up. When it returns 0, NODE is in the upper layer. With the option
 * metacopy=on a regular file may lack its data there. Returns -EROFS if there is no upper layer.
 * The caller holds neither TREE nor a node's lock. */
int copyup_node(struct fs *fs, uint32_t node);
/* Copies up a regular file and its data, because the data will be changed. Copies only the first
 * LENGTH bytes: the caller cuts the file to that length. */
int copyup_node_data(struct fs *fs, uint32_t node, uint64_t length);

/* Copies NODE up and opens its upper directory. The caller does not hold TREE. */
int upper_dir_open(struct fs *fs, uint32_t node, struct upper_dir *ret);
