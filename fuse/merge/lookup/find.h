/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Searches the layers of a merged directory for a name. Within the merge filesystem only. */
#pragma once

#include "fuse/merge/lookup/found.h"

/* Looks for NAME in the N real directories REALS. NAME must live longer than RET. Returns -ENOENT
 * if no layer has it, or a whiteout hides it; -EPERM if it needs a redirect or a metacopy that this
 * mount does not follow; -EIO for a metacopy whose data are lost. The caller holds TREE. */
int find_in_layers(
	struct fs *fs, const uint32_t *reals, size_t n, const char *name, struct found *ret);
/* Looks for NAME like find_in_layers in the merged directory NODE, except in its upper layer. */
int find_in_lower_layers(struct fs *fs, uint32_t node, const char *name, struct found *ret);
