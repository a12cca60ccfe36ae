/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Metacopies: regular files of a layer whose data are still in a layer below (kernel:
 * Documentation/filesystems/overlayfs.rst, "Metadata only copy up").
 */
#pragma once

#include "common/overlay/overlay_xattr.h"

/* Returns 1 if a regular file whose mark has N bytes is a metacopy, 0 if not, or a negative errno
 * (-EIO: the mark is malformed). N may be the negative errno of reading the mark. */
int metacopy_parse(ssize_t n, enum xattr_class class);
int metacopy_set(int fd, enum xattr_class class);
/* Removes the mark of FD. The file has its own data now. */
int metacopy_remove(int fd, enum xattr_class class);
