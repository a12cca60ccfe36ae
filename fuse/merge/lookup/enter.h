/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From what a name in a merged directory leads to, to the node for it. Within the merge filesystem
 * only. */
#pragma once

#include "fuse/merge/lookup/found.h"

/* The node of FOUND, counted as looked up once more, and what stat shows; -EAGAIN: FOUND may have
 * been copied up since. TREE is held. */
int fs_enter(struct fs *fs, uint32_t parent, const char *name, const struct found *found,
	struct entry *ret);

/* What has just been made in an upper directory. */
struct made {
	struct spot spot;
	int dirfd;
	int file; /* a descriptor of it, or -1 */
	bool opaque;
	uint16_t lacks; /* xattrs that it is known not to have: flags of a node */
};
/* A counted node for it: nothing below it counts. TREE is not held. */
int fs_enter_made(struct fs *fs, uint32_t parent, const struct made *made, struct entry *ret);
/* A counted node for the upper file FD, which has no name. */
int fs_enter_nameless(struct fs *fs, uint32_t parent, int fd, struct entry *ret);
