/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Makes nodes for the results of searches. Within the merge filesystem only. */
#pragma once

#include "fuse/merge/lookup/found.h"

/* The node of FOUND, counted as looked up once more, and what stat shows; -EAGAIN: FOUND may have
 * been copied up since. TREE is held. */
int fs_enter(struct fs *fs, uint32_t parent, const char *name, const struct found *found,
	struct entry *ret);

/* A new inode in an upper directory. */
struct made {
	struct spot spot;
	int dirfd;
	int file; /* a descriptor of it, or -1 */
	bool opaque;
	uint16_t lacks; /* xattrs that it is known not to have: flags of a node */
};
/* A node for it, counted as looked up once; lower layers are not asked. TREE is not held. */
int fs_enter_made(struct fs *fs, uint32_t parent, const struct made *made, struct entry *ret);
/* A node for the upper file FD, which has no name, counted as looked up once. */
int fs_enter_nameless(struct fs *fs, uint32_t parent, int fd, struct entry *ret);
