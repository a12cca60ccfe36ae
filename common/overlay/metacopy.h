/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Metacopies: regular files of a layer whose data still lie in a layer below (kernel:
 * Documentation/filesystems/overlayfs.rst, "Metadata only copy up").
 */
#pragma once

#include "common/overlay/overlay_xattr.h"

/* 1 if the regular file NAME in DIRFD is a metacopy, 0 if not, or a negative errno (-EIO: a mark
 * that is none). */
int metacopy_get_at(int dirfd, const char *name, enum xattr_class class);
int metacopy_set(int fd, enum xattr_class class);
/* From here on the file's data are its own. */
int metacopy_remove(int fd, enum xattr_class class);
