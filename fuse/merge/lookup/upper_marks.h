/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The marks of upper directories about copied-up files. A lookup or a listing of a directory may
 * correct them, as in the kernel. Within the merge filesystem only.
 */
#pragma once

#include "fuse/merge/lookup/found.h"
#include "fuse/merge/lookup/listing_build.h"

/* Marks an upper real directory, open as FD, as one that holds copied-up files. */
int upper_marks_set_impure(struct fs *fs, uint32_t real, int fd);
/* Marks it as one that may hold xattr whiteouts, where whiteouts are made in that form. */
int upper_marks_set_xwhiteouts(struct fs *fs, uint32_t real, int fd);

/* Removes that mark from the real directory REAL of the upper layer, if no listed file was copied
 * up. */
void upper_marks_clear_impure(struct fs *fs, uint32_t real, const struct listing *listing);

/* Gives the merged upper directory FOUND, called NAME, its origin. Reports no failure: without an
 * origin only the inode number changes, and the upper layer may not take xattrs. The caller holds
 * TREE. */
void upper_marks_add_origin(struct fs *fs, const char *name, struct found *found);
