/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The source and the target of a rename, for rename.c and rename_again.c. */
#pragma once

#include "fuse/merge/change/change.h"

/* One side of a rename: the source or the target. */
struct rename_end {
	struct upper_dir dir;
	const char *name;
	uint32_t node;  /* the node at the name; 0: there is no such name */
	uint16_t flags; /* flags of the node */
	bool directory;
	struct hold hold; /* room in the quota, held because a new name may need a block */
};

/* Moves END's node to DESTINATION in the table. */
int rename_move_node(
	struct fs *fs, const struct rename_end *end, const struct rename_end *destination);
/* For a request that is served once more: completes a rename that an earlier worker has made on the
 * disk. Returns 1 if that worker has not made it: then the caller makes it. */
int rename_again(struct fs *fs, uint32_t parent, const char *name, uint32_t new_parent,
	const char *new_name, unsigned int flags);
