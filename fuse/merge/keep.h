/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keeps a mount's state for a worker that takes over, and takes it over. Within the merge
 * filesystem only. */
#pragma once

#include "fuse/merge/clones.h"
#include "fuse/merge/state.h"

/* Notes the layers, the work directory and the index, once they are open. */
void keep_note(struct fs *fs);

/* The layers that were noted; N of them, the upper one first. -EINVAL: there are not as many. */
int keep_layers(const struct kept *kept, struct held_dir *held, size_t n);
/* Takes over the table and the pinned descriptors, before the layers. */
int keep_adopt_table(struct fs *fs);
/* Call it once the layers are open: takes over their numbers, and removes from the work directory
 * what the earlier worker had not finished. */
int keep_adopt(struct fs *fs);
