/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keeps the state of a mount for the next worker, and takes over the state of an earlier worker.
 * Within the merge filesystem only. */
#pragma once

#include "fuse/merge/clones.h"
#include "fuse/merge/state.h"

/* Notes the descriptors of the layers, the work directory and the index, once they are open. */
void handover_note(struct fs *fs);

/* Gets layer number LAYER as an earlier worker has noted it. Returns 0 or a negative errno. */
int handover_layer(const struct kept_state *kept, uint32_t layer, struct held_dir *ret);
/* Takes over the table and the pinned descriptors. Call it before the layers are opened. */
int handover_adopt_table(struct fs *fs);
/* Takes over the filesystem numbers of the layers, and finishes what the earlier worker left in the
 * work directory. Call it when the layers are open. */
int handover_adopt(struct fs *fs);
