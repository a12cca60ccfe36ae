/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whiteouts as aufs had them, files called ".wh.NAME", which some engines unpack layers with where
 * no device can be made. They count in lower layers, where the mount was asked for it. */
#pragma once

#include <stdbool.h>

/* ".wh.NAME" and ".wh..wh..opq" are marks, and no files of the layer. */
bool aufs_is_mark(const char *name);
/* The name that the mark NAME hides in the layers below. */
const char *aufs_hidden(const char *name);
/* Whether DIRFD holds a whiteout for NAME: 1, 0 or a negative errno. */
int aufs_has_whiteout(int dirfd, const char *name);
/* Whether the directory NAME in DIRFD hides those below it; the same. */
int aufs_is_opaque(int dirfd, const char *name);
