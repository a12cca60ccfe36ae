/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whiteouts in the form of aufs: files called ".wh.NAME". Some engines make them where no device
 * can be made. They count in lower layers if a mount option says so, and in an upper layer whose
 * filesystem has no xattrs.
 */
#pragma once

#include <stdbool.h>

/* Whether NAME is a mark (".wh.NAME" or ".wh..wh..opq") and not a file of the layer. */
bool aufs_is_mark(const char *name);
/* Returns the name that the mark NAME hides in the layers below. */
const char *aufs_hidden(const char *name);
/* Returns 1 if the directory DIRFD has a whiteout for NAME, 0 if not, or a negative errno. */
int aufs_has_whiteout(int dirfd, const char *name);
/* Returns 1 if the directory NAME in DIRFD is marked opaque, 0 if not, or a negative errno. */
int aufs_is_opaque(int dirfd, const char *name);
/* Makes a whiteout for NAME in the directory DIRFD. Returns 1, 0 if there was one already, or a
 * negative errno. */
int aufs_hide(int dirfd, const char *name);
/* Removes the whiteout for NAME. */
void aufs_unhide(int dirfd, const char *name);
/* Marks the directory DIRFD (O_PATH will do) opaque. */
int aufs_make_opaque(int dirfd);
