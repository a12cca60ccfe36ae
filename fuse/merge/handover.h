/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keeps a mount's state for a worker that takes over, and adopts the state of an earlier worker.
 * Within the merge filesystem only. */
#pragma once

#include "fuse/merge/clones.h"
#include "fuse/merge/state.h"

/* Notes the descriptors of the layers, the work directory and the index, once they are open. */
void handover_note(struct fs *fs);

/* Gets the layer with the number LAYER that an earlier worker has noted. 0 or a negative errno. */
int handover_layer(const struct kept_state *kept, uint32_t layer, struct held_dir *ret);
/* Adopts the table and the pinned descriptors. Call it before the layers are opened. */
int handover_adopt_table(struct fs *fs);
/* Adopts the filesystem numbers of the layers, and removes what the earlier worker left unfinished
 * in the work directory. Call it when the layers are open. */
int handover_adopt(struct fs *fs);
