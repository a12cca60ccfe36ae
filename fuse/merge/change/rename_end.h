/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The two sides of a rename, for rename.c and rename_again.c. */
#pragma once

#include "fuse/merge/change/change.h"

/* One side of a rename. */
struct rename_end {
	struct upper_dir dir;
	const char *name;
	uint32_t node;  /* 0: the name is absent */
	uint16_t flags; /* flags of the node */
	bool directory;
	struct hold hold; /* quota held for a new name, which may need a block */
};

/* Moves END's node to DESTINATION in the table. */
int rename_move_node(
	struct fs *fs, const struct rename_end *end, const struct rename_end *destination);
/* Completes a rename that an earlier worker has done on the disk. Returns 1 if that worker has not
 * done it: then do all of it. */
int rename_again(struct fs *fs, uint32_t parent, const char *name, uint32_t new_parent,
	const char *new_name, unsigned int flags);
