/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Remembers attributes that a node lacks (NODE_NO_...), so as not to look for them again. Within
 * the merge filesystem only. */
#pragma once

#include "fuse/merge/state.h"

/* Whether NODE is known to lack the attribute of the flag FLAGS. The caller passes RET_CHANGES on
 * to known_absent_note. */
bool known_absent_has(struct fs *fs, uint32_t node, uint16_t flags, uint32_t *ret_changes);
/* Notes that NODE lacks the attributes of all FLAGS. Does nothing if a change has begun or ended
 * since known_absent_has(), because the change may have added one of these attributes. */
void known_absent_note(struct fs *fs, uint32_t node, uint16_t flags, uint32_t changes);
/* Forgets FLAGS of NODE. Call it when a change begins, and when it ends. */
void known_absent_change(struct fs *fs, uint32_t node, uint16_t flags);
