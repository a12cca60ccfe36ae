/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Enters the results of searches in the table, as nodes. Within the merge filesystem only. */
#pragma once

#include "fuse/merge/lookup/found.h"

/* Finds or makes the node of FOUND, counts one more lookup, and puts node and stat into RET.
 * Returns -EAGAIN if FOUND may have been copied up meanwhile. The caller holds TREE. */
int enter_found(struct fs *fs, uint32_t parent, const char *name, const struct found *found,
	struct entry *ret);

/* A new inode in an upper directory. */
struct made {
	struct spot spot;
	int dirfd;
	int file; /* its descriptor; -1: not open */
	bool opaque;
	uint16_t lacks; /* node flags for xattrs that it is known not to have */
};
/* Makes a node for the new inode, with one lookup counted, without asking lower layers. The caller
 * does not hold TREE. */
int enter_made(struct fs *fs, uint32_t parent, const struct made *made, struct entry *ret);
/* Makes a node for the nameless upper file FD, with one lookup counted. */
int enter_nameless(struct fs *fs, uint32_t parent, int fd, struct entry *ret);
