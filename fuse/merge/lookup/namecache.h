/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The nodes that the last lookups have found, by directory and name. Whoever removes or renames a
 * name has mostly listed it just before, and needs the node and no attributes.
 */
#pragma once

#include "fuse/merge/state.h"

/* NULL: no memory. */
struct namecache *namecache_open(void);
void namecache_close(struct namecache *cache);

/* Notes that NAME in PARENT is NODE's. The caller holds table.lock. */
void namecache_note(struct fs *fs, uint32_t parent, const char *name, uint32_t node);
/* The node whose place is NAME in PARENT, with one more lookup that the caller forgets; 0: it is
 * not known. */
uint32_t namecache_take(struct fs *fs, uint32_t parent, const char *name);
