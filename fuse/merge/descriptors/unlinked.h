/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Nodes that have lost their name and may still be in use. Within the merge filesystem only. */
#pragma once

#include "fuse/merge/state.h"

/* Pins NODE before its name is removed (NODE 0: does nothing). Returns 1 if the pinning itself has
 * removed the name. The caller holds TREE. */
int unlinked_pin(struct fs *fs, uint32_t node);
/* The name stays after all: undoes unlinked_pin, which has returned PINNED. */
void unlinked_unpin(struct fs *fs, uint32_t node, int pinned);
/* Returns how many nodes without a name have been freed so far. */
uint32_t unlinked_count_freed(struct fs *fs);
/* Notes that a node without a name has been freed, and its space with it. The caller holds
 * table.lock. */
void unlinked_freed(struct fs *fs);
/* Waits for the space of a removed file. The space is free when the kernel's FORGET has been
 * served, perhaps by another thread than the one that needs the space. If there is a node without a
 * name, waits for a short time until one is freed. Returns true if one has been freed since
 * unlinked_count_freed returned FREED. */
bool unlinked_await(struct fs *fs, uint32_t freed);
/* Notes that the pinned NODE has lost its name. Does nothing for NODE 0. */
void unlinked_note(struct fs *fs, uint32_t node);
/* Counts all these nodes in a quota that has just been opened. */
void unlinked_book_all(struct fs *fs);
