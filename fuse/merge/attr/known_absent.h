/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Remembers what a node lacks (NODE_NO_...), so that nobody looks for it again. Within the
 * merge filesystem only. */
#pragma once

#include "fuse/merge/state.h"

/* Whether one of FLAGS is noted; RET_CHANGES is for absence_note. */
bool absence_is_known(struct fs *fs, uint32_t node, uint16_t flags, uint32_t *ret_changes);
/* Notes that NODE lacks all of FLAGS. Does nothing if any change has begun or ended since
 * absence_is_known(): that change may have given NODE one of them. */
void absence_note(struct fs *fs, uint32_t node, uint16_t flags, uint32_t changes);
/* To be called at the beginning of a change, and at its end. */
void absence_change(struct fs *fs, uint32_t node, uint16_t flags);
