/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Walks through the names of the layers above, and compares each with the layers below. Needs
 * few descriptors and little memory for a tree of any depth and width. */
#pragma once

#include "common/archive/diff/diff.h"
#include "common/archive/stack.h"

struct walk_run;

/* A directory that the layers above hold, while the walk is in it. */
struct walk_dir {
	struct walk_run *walk;
	struct walk_dir *up;   /* the parent directory; NULL for the root */
	struct walk_dir *down; /* the next directory towards the one that walk_below looks for */
	struct stack_dir above;
	struct stack_dir below; /* the same directory in the layers below; see walk_below */
	int below_state;
	struct stack_list list; /* the names in ABOVE that are not visited yet */
	const char *name;       /* the directory's name in the list of its parent UP */
	/* For the functions of walk_ops alone. */
	size_t mark;
	bool noted;
};

/* Called while the tree is walked. All but ENTRY may be NULL; a negative errno ends the walk.
 * Names are visited in bytewise order, and the contents of a directory directly after its name. */
struct walk_ops {
	/* Called first, for the root, which has no name. */
	int (*root)(void *arg, struct walk_dir *root, struct shale_error *err);
	/* Called for each name in DIR, whiteouts too; PATH begins at the root, and is valid until
	 * the stack above gives another path. */
	int (*entry)(void *arg, struct walk_dir *dir, const struct stack_entry *entry,
		const char *path, struct shale_error *err);
	/* Called before and after the contents of the directory DIR (not the root). */
	int (*enter)(void *arg, struct walk_dir *dir, struct shale_error *err);
	int (*leave)(void *arg, struct walk_dir *dir, struct shale_error *err);
};

struct walk_run {
	const struct diff_spec *spec;
	const struct walk_ops *ops;
	void *arg;
	struct stack above, below;
	size_t open_max; /* how many descriptors the stacks above and below may hold */
};

int walk_run(struct walk_run *walk, struct shale_error *err);

/* Finds the directory of the layers below at DIR's path. Returns 1 and *RET, which the walk
 * owns; or 0 if there is no directory. DIR->above.hides tells whether a mount shows it. */
int walk_below(struct walk_dir *dir, struct stack_dir **ret, struct shale_error *err);

/* Looks up NAME of DIR in the layers below. Returns 1 and *RET, or 0. */
int walk_below_entry(
	struct walk_dir *dir, const char *name, struct stack_entry *ret, struct shale_error *err);
