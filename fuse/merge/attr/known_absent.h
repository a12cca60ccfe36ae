/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a node is known not to have (NODE_NO_...), so that nobody looks for it again. Within
 * the merge filesystem only. */
#pragma once

#include "fuse/merge/state.h"

/* Whether one of FLAGS is noted; RET_CHANGES is for absence_note. */
bool absence_is_known(struct fs *fs, uint32_t node, uint16_t flags, uint32_t *ret_changes);
/* Notes them, unless somebody has begun or ended a change since: perhaps of this. */
void absence_note(struct fs *fs, uint32_t node, uint16_t flags, uint32_t changes);
/* At the beginning of a change, and at its end. */
void absence_change(struct fs *fs, uint32_t node, uint16_t flags);
