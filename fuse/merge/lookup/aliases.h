/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Files of the upper layer that were found by two names (hard links). A node lies under one of
 * them; the other one is noted here, as a later lookup would find it again. A snapshot needs it:
 * afterwards the file is a lower one, which is copied up to the name that its node lies under. The
 * notes end with the worker. Within the merge filesystem only.
 */
#pragma once

#include "fuse/merge/state.h"

/* Notes that NODE, which lies elsewhere, was found as NAME in PARENT. The caller holds
 * table.lock, as for the next function. Without memory there is no note. */
void aliases_note(struct fs *fs, uint32_t node, uint32_t parent, const char *name);
void aliases_drop(struct fs *fs, uint32_t node);
void aliases_close(struct fs *fs);

/* Puts right each node of the upper layer that has lost a name, or was found by two: if it has one
 * name on the disk, the node lies there afterwards. The caller holds no lock. 0, or -EMLINK: a
 * file has several names, so that a copy-up would be seen by one of them only. */
int aliases_resolve(struct fs *fs);
