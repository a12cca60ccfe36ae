/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whiteouts in the form of aufs: files called ".wh.NAME", which some engines make where no device
 * can be made. They count in lower layers, if the mount was asked for them, and in an upper layer
 * whose filesystem keeps no xattrs. */
#pragma once

#include <stdbool.h>

/* Whether NAME is a mark (".wh.NAME" or ".wh..wh..opq") and not a file of the layer. */
bool aufs_is_mark(const char *name);
/* The name that the mark NAME hides in the layers below. */
const char *aufs_hidden(const char *name);
/* Whether the directory DIRFD holds a whiteout for NAME: 1, 0 or a negative errno. */
int aufs_has_whiteout(int dirfd, const char *name);
/* Whether the directory NAME in DIRFD is marked opaque: 1, 0 or a negative errno. */
int aufs_is_opaque(int dirfd, const char *name);
/* Makes a whiteout for NAME in the directory DIRFD. 1; 0 if there is one; or a negative errno. */
int aufs_hide(int dirfd, const char *name);
/* Removes it. */
void aufs_unhide(int dirfd, const char *name);
/* Marks the directory DIRFD (O_PATH will do) opaque. */
int aufs_make_opaque(int dirfd);
