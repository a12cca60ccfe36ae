/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Makes whiteouts and opaque directories in the upper layer, in the form that its filesystem
 * supports. Within the merge filesystem only. */
#pragma once

#include "fuse/merge/copyup/upper_dir.h"

/* Returns 1 if NAME in DIRFD is a whiteout, 0 if it is another file or absent. */
int upper_whiteout_is(const struct fs *fs, int dirfd, const char *name);

#define SHARED_WHITEOUT "whiteout" /* name of the shared whiteout in the work directory */

/* Makes a whiteout called NAME in DIRFD. To save inodes, all whiteouts of a mount are links to one
 * inode, until that inode has as many links as it can have. */
int upper_whiteout_make(struct fs *fs, int dirfd, const char *name);
/* Makes a whiteout like upper_whiteout_make in the upper directory DIR. If whiteouts are files with
 * an xattr, first marks DIR as a directory that may hold them. */
int upper_whiteout_make_in(struct fs *fs, const struct upper_dir *dir, const char *name);
/* Marks the directory FD opaque, in the form that the upper filesystem supports. */
int upper_whiteout_set_opaque(const struct fs *fs, int fd);
