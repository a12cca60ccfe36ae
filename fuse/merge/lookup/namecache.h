/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The nodes that the last lookups have found, by directory and name. A program that removes or
 * renames a name has mostly listed it just before. That needs the node alone, without attributes.
 */
#pragma once

#include "fuse/merge/state.h"

/* Makes an empty cache. Returns NULL without memory. */
struct namecache *namecache_open(void);
void namecache_close(struct namecache *cache);

/* Notes that NAME in PARENT is the place of NODE. The caller holds table.lock. */
void namecache_note(struct fs *fs, uint32_t parent, const char *name, uint32_t node);
/* Returns the node whose place is NAME in PARENT; 0: unknown. Counts one more lookup, which the
 * caller must forget. */
uint32_t namecache_take(struct fs *fs, uint32_t parent, const char *name);
