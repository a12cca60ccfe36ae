/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Metacopies: regular files of a layer whose data still lie in a layer below (kernel:
 * Documentation/filesystems/overlayfs.rst, "Metadata only copy up").
 */
#pragma once

#include "common/overlay/overlay_xattr.h"

/* 1 if a regular file whose mark has N bytes is a metacopy, 0 if not, or a negative errno (-EIO: a
 * mark that is none). N may be the negative errno of reading the mark. */
int metacopy_parse(ssize_t n, enum xattr_class class);
int metacopy_set(int fd, enum xattr_class class);
/* From here on the file's data are its own. */
int metacopy_remove(int fd, enum xattr_class class);
