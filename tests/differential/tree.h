/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A directory tree in words, a line a name, that can be compared with another. */
#pragma once

#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>

enum tree_view {
	TREE_MERGED, /* as a mount shows it */
	TREE_UPPER,  /* an upper directory as it lies on disk: whiteouts and overlay xattrs too */
	TREE_RESTACKED = 2, /* added to one of them: what differs where each has lowers of its own
			     * is left out, see allowed.h */
	TREE_INDEX = 4,     /* added to TREE_UPPER: the index, see allowed.h */
};

struct tree_line {
	char *path;
	char *text;
	ino_t ino;
	unsigned group; /* lines with one inode number have one group */
};

struct tree {
	size_t n;
	struct tree_line *lines;
};

/* Reads the tree below ROOT. Free with tree_free. Its names are in order. */
void tree_read(const char *root, enum tree_view view, struct tree *ret);
void tree_free(struct tree *tree);
void tree_print(const struct tree *tree, FILE *out);

/* How many lines differ; the first few are printed to OUT, with the names of the two. */
size_t tree_compare(const struct tree *a, const char *a_name, const struct tree *b,
	const char *b_name, FILE *out);

/* Takes the inode numbers of BEFORE and AFTER, two states of one mount: puts "ino-kept" or
 * "ino-changed" behind the text of the lines of AFTER. */
void tree_mark_kept(const struct tree *before, struct tree *after);
