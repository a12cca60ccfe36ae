/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A directory tree as text, one line for each name, to be compared with another tree. */
#pragma once

#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>

enum tree_view {
	TREE_MERGED, /* the tree that a mount shows */
	TREE_UPPER,  /* an upper directory on the disk: with whiteouts and overlay xattrs */
	/* Can be added to either of the first two. Leaves out fields that differ if each side has
	 * made lower layers of its own (allowed.h). */
	TREE_RESTACKED = 2,
	TREE_INDEX = 4, /* can be added to TREE_UPPER: the mount has an index (allowed.h) */
};

struct tree_line {
	char *path;
	char *text;
	ino_t ino;
	unsigned group; /* names with one inode number are in one group */
};

struct tree {
	size_t n;
	struct tree_line *lines;
};

/* Reads the tree below ROOT, in the order of names. Free it with tree_free. */
void tree_read(const char *root, enum tree_view view, struct tree *ret);
void tree_free(struct tree *tree);
void tree_print(const struct tree *tree, FILE *out);

/* Returns the number of lines that differ. Prints the first few to OUT, with the names of both
 * trees. */
size_t tree_compare(const struct tree *a, const char *a_name, const struct tree *b,
	const char *b_name, FILE *out);

/* BEFORE and AFTER are two states of one mount: appends "ino-kept" or "ino-changed" to each line of
 * AFTER. */
void tree_mark_kept(const struct tree *before, struct tree *after);
