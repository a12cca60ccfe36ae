/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Looks up names of merged directories. Within the merge filesystem only. */
#pragma once

#include "fuse/merge/state.h"

/* Looks up like fs_lookup, but reports no attributes. RET has one more lookup, which the caller
 * must forget. */
int fs_lookup_node(struct fs *fs, uint32_t parent, const char *name, uint32_t *ret);

/* Looks up a name that is in a list of PARENT. Asks only the upper layer, which may have the name
 * since then, and the layers from the listed one down. Otherwise like fs_lookup. The caller holds
 * TREE. */
int lookup_listed(struct fs *fs, uint32_t parent, const struct listed *listed, struct entry *ret);

/* Returns 1 if the layers below the upper one show NAME in PARENT, else 0. The caller holds
 * TREE. */
int lookup_lower_has(struct fs *fs, uint32_t parent, const char *name);
