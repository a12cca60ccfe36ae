/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The attributes that the mount shows for an inode of a layer. Within the merge filesystem
 * only. */
#pragma once

#include "fuse/merge/state.h"

/* Changes ST, the stat of a node's real inode, to what the mount shows. INO is the node's number;
 * MERGED: it is a merged directory. */
void shown_stat(struct fs *fs, struct stat *st, bool merged, uint64_t ino);
