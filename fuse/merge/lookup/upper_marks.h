/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The marks of an upper directory that say something about the files in it. As in the kernel, a
 * lookup or listing of the directory may correct them. Within the merge filesystem only. */
#pragma once

#include "fuse/merge/lookup/found.h"
#include "fuse/merge/lookup/listing_build.h"

/* Marks the upper real directory REAL, which is open as FD, as impure: it holds copied-up files. */
int upper_marks_set_impure(struct fs *fs, uint32_t real, int fd);
/* Marks the upper real directory REAL, which is open as FD, as one that may hold xattr whiteouts.
 * Does nothing if this mount makes whiteouts in another form. */
int upper_marks_set_xwhiteouts(struct fs *fs, uint32_t real, int fd);

/* Removes the mark "impure" from the upper real directory REAL, if no listed file was copied up. */
void upper_marks_clear_impure(struct fs *fs, uint32_t real, const struct listing *listing);

/* Gives the merged upper directory FOUND, called NAME, an origin. Ignores a failure: the upper
 * layer may have no xattrs, and without an origin only the inode number changes. The caller holds
 * TREE. */
void upper_marks_add_origin(struct fs *fs, const char *name, struct found *found);
