/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Looks up names of merged directories. Within the merge filesystem only. */
#pragma once

#include "fuse/merge/state.h"

/* Like fs_lookup, without attributes: the node that has NAME in PARENT, for the caller to forget.
 */
int fs_lookup_node(struct fs *fs, uint32_t parent, const char *name, uint32_t *ret);

/* Like fs_lookup for an entry of PARENT's listing: asks only the upper layer, where it may be
 * since, and the layers from the listed one down. The caller holds TREE. */
int lookup_listed(struct fs *fs, uint32_t parent, const struct listed *listed, struct entry *ret);

/* Returns 1 if the layers below the upper one show NAME in PARENT, else 0. The caller holds
 * TREE. */
int lookup_lower_has(struct fs *fs, uint32_t parent, const char *name);
