/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Marks that fuse-overlayfs makes in upper layers in other forms than the kernel. It makes
 * ".wh.NAME" where it cannot make a device 0/0, ".wh..wh..opq" in each opaque directory, and xattrs
 * "user.fuseoverlayfs.". Such files are empty, and only their owner has permissions. So a file
 * ".wh.x" that a user makes in a mount is not taken for a mark: to the kernel it is a file like any
 * other.
 */
#pragma once

#include <stdbool.h>
#include <sys/stat.h>

#define ENGINE_OPAQUE_XATTR   "user.fuseoverlayfs.opaque"
#define ENGINE_ORIGIN_XATTR   "user.fuseoverlayfs.origin"
#define ENGINE_OVERRIDE_XATTR "user.fuseoverlayfs.override_stat"

/* Whether NAME, whose stat is ST, is a mark of fuse-overlayfs. */
bool engine_mark_is(const char *name, const struct stat *st);
/* Whether NAME in DIRFD is a mark of fuse-overlayfs. NAME may be absent. */
bool engine_mark_at(int dirfd, const char *name);
/* Whether the mark NAME makes its directory opaque, or is a helper file beside such a mark. */
bool engine_mark_is_opaque(const char *name);
/* Returns 1 if DIRFD has a mark that hides NAME, 0 if not, or a negative errno. */
int engine_has_whiteout(int dirfd, const char *name);
/* Returns 1 if the directory NAME in DIRFD has the mark of an opaque one, 0 if not, or a negative
 * errno. */
int engine_is_opaque(int dirfd, const char *name);
