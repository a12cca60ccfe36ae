/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Remembers the nodes of the last lookups by directory and name. A program that removes or renames
 * a file has mostly listed it just before; the removal needs only the node, without attributes. */
#pragma once

#include "fuse/merge/state.h"

/* Makes an empty cache. Returns NULL without memory. */
struct namecache *namecache_open(void);
void namecache_close(struct namecache *cache);

/* Notes that NODE is at NAME in PARENT. The caller holds table.lock. */
void namecache_note(struct fs *fs, uint32_t parent, const char *name, uint32_t node);
/* Returns the node at NAME in PARENT; 0: not cached. Adds one to its lookups, which the caller must
 * forget. */
uint32_t namecache_take(struct fs *fs, uint32_t parent, const char *name);
