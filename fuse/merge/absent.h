/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a node is known not to have (SHALE_NODE_NO_...), so that nobody looks for it again. Within
 * the merge filesystem only. */
#pragma once

#include "fuse/merge/fs.h"

/* Whether one of FLAGS is noted; RET_CHANGES is for shale_absent_note. */
bool shale_absent(struct shale_fs *fs, uint32_t node, uint16_t flags, uint32_t *ret_changes);
/* Notes them, unless somebody has begun or ended a change since: perhaps of this. */
void shale_absent_note(struct shale_fs *fs, uint32_t node, uint16_t flags, uint32_t changes);
/* At the beginning of a change, and at its end. */
void shale_absent_change(struct shale_fs *fs, uint32_t node, uint16_t flags);
