/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads extended attributes as they are on the disk, without a translation of ids. Within the merge
 * filesystem only. */
#pragma once

#include "fuse/merge/state.h"

/* Works like fs_getxattr, but the ids in the value are those of the layers. */
ssize_t xattrs_get_raw(struct fs *fs, uint32_t node, const char *name, void *value, size_t size);
