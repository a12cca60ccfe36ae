/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The search for a name of a merged directory in its layers. Within the merge filesystem only. */
#pragma once

#include "fuse/merge/lookup/found.h"

/* Looks NAME up, which outlives RET, in the real directories REALS. -ENOENT: absent, or behind a
 * whiteout; -EPERM: behind a redirect or a metacopy that the mount does not follow; -EIO: a
 * metacopy without data. TREE is held. */
int fs_find(struct fs *fs, const uint32_t *reals, size_t n, const char *name, struct found *ret);
/* The same in the merged directory NODE, as if it had no upper part. */
int fs_find_lower(struct fs *fs, uint32_t node, const char *name, struct found *ret);
