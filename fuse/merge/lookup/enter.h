/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Enters results of searches in the table, as nodes. Within the merge filesystem only. */
#pragma once

#include "fuse/merge/lookup/found.h"

/* Finds or makes the node of FOUND, adds one to its lookups, and puts node and stat into RET.
 * Returns -EAGAIN if FOUND may have been copied up meanwhile. The caller holds TREE. */
int enter_found(struct fs *fs, uint32_t parent, const char *name, const struct found *found,
	struct entry *ret);

/* A new inode in an upper directory. */
struct made {
	struct spot spot;
	int dirfd;
	int file; /* descriptor of the new file; -1: it is not open */
	bool opaque;
	uint16_t lacks; /* node flags: xattrs that the new inode is known not to have */
};
/* Makes a node, with one lookup, for an inode that this mount has just made. Asks no lower layer.
 * The caller does not hold TREE. */
int enter_made(struct fs *fs, uint32_t parent, const struct made *made, struct entry *ret);
/* Makes a node, with one lookup, for the upper file FD, which has no name. */
int enter_nameless(struct fs *fs, uint32_t parent, int fd, struct entry *ret);
