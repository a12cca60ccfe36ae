/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Nodes that lose their name while somebody may still use them. Within the merge filesystem only.
 */
#pragma once

#include "fuse/merge/state.h"

/* Keeps NODE (0: nothing to do), whose name is about to go. 1: that has taken the name away. TREE
 * is held. */
int fs_pin(struct fs *fs, uint32_t node);
/* Undoes fs_pin, which returned PINNED: the name stays. */
void fs_unpin(struct fs *fs, uint32_t node, int pinned);
/* Notes that NODE (0: nothing to do), which has been pinned, has lost its name. */
void fs_unlinked(struct fs *fs, uint32_t node);
