/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Goes through what the layers above hold, with what the layers below show at the same place, with
 * few descriptors and little memory whatever the tree's depth and width. */
#pragma once

#include "common/archive/diff/diff.h"
#include "common/archive/stack.h"

struct walk_run;

/* A directory that the layers above hold, while the walk is in it. */
struct walk_dir {
	struct walk_run *walk;
	struct walk_dir *up;   /* NULL: the root */
	struct walk_dir *down; /* set while what is below is looked for */
	struct stack_dir above;
	struct stack_dir below; /* see walk_below */
	int below_state;
	struct stack_list list; /* of ABOVE */
	const char *name;       /* of the list of UP */
	/* The visitor's own. */
	size_t mark;
	bool noted;
};

/* All but ENTRY may be NULL; a negative errno ends the walk. Names are visited in bytewise order,
 * a directory's contents right behind it. */
struct walk_ops {
	/* Before all else: the root, which has no name. */
	int (*root)(void *arg, struct walk_dir *root, struct shale_error *err);
	/* A name in DIR, PATH from the root: a whiteout, too. PATH lives until the stack above is
	 * asked for another one. */
	int (*entry)(void *arg, struct walk_dir *dir, const struct stack_entry *entry,
		const char *path, struct shale_error *err);
	/* Before and after what the directory DIR (not the root) holds. */
	int (*enter)(void *arg, struct walk_dir *dir, struct shale_error *err);
	int (*leave)(void *arg, struct walk_dir *dir, struct shale_error *err);
};

struct walk_run {
	const struct diff_spec *spec;
	const struct walk_ops *ops;
	void *arg;
	struct stack above, below;
	size_t open_max; /* descriptors of both */
};

int walk_run(struct walk_run *walk, struct shale_error *err);

/* The directory that the layers below show where DIR is: 1 and *RET, the walk's; 0: no directory.
 * Whether it shows through says DIR->above.hides. */
int walk_below(struct walk_dir *dir, struct stack_dir **ret, struct shale_error *err);

/* Looks NAME of DIR up in the layers below: 1 and *RET, or 0. */
int walk_below_entry(
	struct walk_dir *dir, const char *name, struct stack_entry *ret, struct shale_error *err);
