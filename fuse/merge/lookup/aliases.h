/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Notes upper files that lookups found by two names (hard links). The table has a node at one name
 * only; the other name is noted here. A snapshot needs it: afterwards the file is a lower one, and
 * a copy-up goes to the node's name in the table, which must still exist. The notes end with the
 * worker. Within the merge filesystem only. */
#pragma once

#include "fuse/merge/state.h"

/* Notes that NODE, which is at another name in the table, was found as NAME in PARENT. Without
 * memory, notes nothing. The caller holds table.lock, as for aliases_drop. */
void aliases_note(struct fs *fs, uint32_t node, uint32_t parent, const char *name);
void aliases_drop(struct fs *fs, uint32_t node);
void aliases_close(struct fs *fs);

/* For each upper node that lost a name, or was found by two: if its inode has one name on the disk,
 * moves the node to that name. Returns 0, or -EMLINK if an inode still has several names: a copy-up
 * would then change only one of them. The caller holds no lock. */
int aliases_resolve(struct fs *fs);
