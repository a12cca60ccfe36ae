/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Nodes that lose their name while they may still be in use. Within the merge filesystem only. */
#pragma once

#include "fuse/merge/state.h"

/* Keeps NODE (0: does nothing), whose name will be removed. 1: this has removed the name already.
 * The caller holds TREE. */
int unlinked_pin(struct fs *fs, uint32_t node);
/* Undoes unlinked_pin, which has returned PINNED: the name stays. */
void unlinked_unpin(struct fs *fs, uint32_t node, int pinned);
/* How many nodes without a name have been freed so far. */
uint32_t unlinked_count_freed(struct fs *fs);
/* Notes that one has been freed, and its space with it. The caller holds table.lock. */
void unlinked_freed(struct fs *fs);
/* The space of a removed file is free once the kernel's FORGET has been served, perhaps by another
 * thread than the one that needs the space. If a node without a name is left, waits until one is
 * freed, but not for long. True if one has been freed since unlinked_count_freed returned FREED. */
bool unlinked_await(struct fs *fs, uint32_t freed);
/* Notes that NODE (0: does nothing), which is pinned, has lost its name. */
void unlinked_note(struct fs *fs, uint32_t node);
