/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Remembers attributes that a node lacks (NODE_NO_...), so as not to look for them again. Within
 * the merge filesystem only. */
#pragma once

#include "fuse/merge/state.h"

/* Whether one of FLAGS is noted; pass RET_CHANGES to known_absent_note. */
bool known_absent_has(struct fs *fs, uint32_t node, uint16_t flags, uint32_t *ret_changes);
/* Notes that NODE lacks all of FLAGS. Does nothing if a change has begun or ended since
 * known_absent_has(), since that may have given NODE one of them. */
void known_absent_note(struct fs *fs, uint32_t node, uint16_t flags, uint32_t changes);
/* Call it at the beginning of a change, and at its end. */
void known_absent_change(struct fs *fs, uint32_t node, uint16_t flags);
