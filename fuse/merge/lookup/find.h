/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Searches the layers of a merged directory for a name. Within the merge filesystem only. */
#pragma once

#include "fuse/merge/lookup/found.h"

/* Looks NAME, which must outlive RET, up in the real directories REALS. -ENOENT: absent, or hidden
 * by a whiteout; -EPERM: it needs a redirect or a metacopy that the mount does not follow; -EIO: a
 * metacopy without data. The caller holds TREE. */
int find_in_layers(
	struct fs *fs, const uint32_t *reals, size_t n, const char *name, struct found *ret);
/* The same in the merged directory NODE, without its upper part. */
int find_in_lower_layers(struct fs *fs, uint32_t node, const char *name, struct found *ret);
