/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Extended attributes as they are on the disk. Within the merge filesystem only. */
#pragma once

#include "fuse/merge/state.h"

/* As fs_getxattr, with the ids in the value as the layers have them. */
ssize_t fs_getxattr_raw(struct fs *fs, uint32_t node, const char *name, void *value, size_t size);
