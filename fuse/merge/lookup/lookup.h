/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds names of merged directories, and what they lead to. Within the merge filesystem only. */
#pragma once

#include "fuse/merge/state.h"

/* The same for an entry of PARENT's listing: between the upper layer, where it may have got to
 * since, and the layer that it was listed from no other is asked. TREE is held. */
int fs_enter_listed(struct fs *fs, uint32_t parent, const struct listed *listed, struct entry *ret);

/* 1 if the layers below the upper one show NAME in PARENT, else 0. TREE is held. */
int fs_lower_has(struct fs *fs, uint32_t parent, const char *name);
