/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Makes nodes of the results of searches. Within the merge filesystem only. */
#pragma once

#include "fuse/merge/lookup/found.h"

/* The node of FOUND, with one more lookup counted, and its stat; -EAGAIN: FOUND may have been
 * copied up since. The caller holds TREE. */
int enter_found(struct fs *fs, uint32_t parent, const char *name, const struct found *found,
	struct entry *ret);

/* A new inode in an upper directory. */
struct made {
	struct spot spot;
	int dirfd;
	int file; /* its descriptor, or -1 */
	bool opaque;
	uint16_t lacks; /* node flags for xattrs that it is known not to have */
};
/* Makes a node for it, with one lookup counted, without asking lower layers. The caller does not
 * hold TREE. */
int enter_made(struct fs *fs, uint32_t parent, const struct made *made, struct entry *ret);
/* Makes a node for the nameless upper file FD, with one lookup counted. */
int enter_nameless(struct fs *fs, uint32_t parent, int fd, struct entry *ret);
