/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Marks that fuse-overlayfs leaves in upper layers, beside those of the kernel: ".wh.NAME" where it
 * cannot make a device 0/0, ".wh..wh..opq" in each directory that hides what is below it, and
 * xattrs called "user.fuseoverlayfs.". Its files are empty and for their owner alone, so that a
 * file ".wh.x" which somebody made in a mount is not taken for one: to the kernel that is a file
 * like any other.
 */
#pragma once

#include <stdbool.h>
#include <sys/stat.h>

#define ENGINE_OPAQUE_XATTR   "user.fuseoverlayfs.opaque"
#define ENGINE_ORIGIN_XATTR   "user.fuseoverlayfs.origin"
#define ENGINE_OVERRIDE_XATTR "user.fuseoverlayfs.override_stat"

/* Whether NAME, whose stat is ST, is such a file. */
bool engine_mark_is(const char *name, const struct stat *st);
/* The same for NAME in DIRFD, which may be absent. */
bool engine_mark_at(int dirfd, const char *name);
/* Whether NAME is the mark of an opaque directory, or comes with it. */
bool engine_mark_is_opaque(const char *name);
/* Whether DIRFD holds a mark that hides NAME: 1, 0, or a negative errno. */
int engine_has_whiteout(int dirfd, const char *name);
/* Whether the directory NAME in DIRFD holds the mark of an opaque one: 1, 0, or a negative errno.
 */
int engine_is_opaque(int dirfd, const char *name);
