/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Searches the layers of a merged directory for a name. Within the merge filesystem only. */
#pragma once

#include "fuse/merge/lookup/found.h"

/*
 * Looks NAME up in the N real directories REALS. NAME must outlive RET. Returns -ENOENT if it is
 * absent or hidden by a whiteout; -EPERM if it needs a redirect or a metacopy that the mount does
 * not follow; -EIO for a metacopy without data. The caller holds TREE.
 */
int find_in_layers(
	struct fs *fs, const uint32_t *reals, size_t n, const char *name, struct found *ret);
/* Looks NAME up in the merged directory NODE, but not in its upper layer. Otherwise like
 * find_in_layers. */
int find_in_lower_layers(struct fs *fs, uint32_t node, const char *name, struct found *ret);
