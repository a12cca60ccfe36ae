/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Nodes that lose their name while they may still be in use. Within the merge filesystem only. */
#pragma once

#include "fuse/merge/state.h"

/* Keeps NODE (0: does nothing), whose name will be removed. 1: this has removed the name already.
 * The caller holds TREE. */
int fs_pin(struct fs *fs, uint32_t node);
/* Undoes fs_pin, which has returned PINNED: the name stays. */
void fs_unpin(struct fs *fs, uint32_t node, int pinned);
/* Notes that NODE (0: does nothing), which is pinned, has lost its name. */
void fs_unlinked(struct fs *fs, uint32_t node);
