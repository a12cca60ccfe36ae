/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A stack of layers read without a mount: a directory's merged entries, and what the stack shows
 * for one name. The rules are overlayfs's (Documentation/filesystems/overlayfs.rst): names merge
 * only where both are directories; whiteouts hide; an opaque directory ends the merge.
 */
#pragma once

#include <stdbool.h>
#include <sys/stat.h>

#include "common/overlay/overlay_xattr.h"
#include "common/shale.h"
#include "common/base/sorter.h"

struct stack {
	const int *roots; /* topmost first; the caller's */
	size_t n;
	enum xattr_class class;
	enum ownership ownership;
	size_t n_aufs; /* so many of them, counted from the bottom, may hold whiteouts as aufs has
			*/
	size_t open;   /* descriptors that its directories hold */
	/* Of the deepest directory entered; each one above it has its beginning as its own. */
	char *path;
	size_t path_room;
	struct sorter_pool names;
};

/* One layer's part of a merged directory. */
struct stack_level {
	size_t layer;
	int fd;    /* O_PATH, or -1 while suspended */
	dev_t dev; /* noted when it is suspended, to know it again */
	ino_t ino;
};

struct stack_dir {
	struct stack *stack;
	size_t path_length;         /* of the stack's path */
	struct stack_level *levels; /* topmost first; at least one */
	size_t n;
	bool hides; /* what lies below this whole stack cannot show through here */
};

struct stack_entry {
	const char *name;
	size_t level;   /* of the directory it is in */
	struct stat st; /* the override xattr's words where ownership is kept there */
	bool whiteout;
};

/* Names in bytewise order; whiteouts too. */
struct stack_list {
	struct sorter names;
	bool taken; /* the last name was found in one level, and those below it do not count */
};

/* Initialises the fields of a stack that its user does not set. */
#define STACK_FRESH .names = { .file = -1 }
/* Once all its directories are left. */
void stack_close(struct stack *stack);

/* 0 with an empty stack: *RET then has no levels and must not be used. */
int stack_root(struct stack *stack, struct stack_dir *ret);
/* The merged directory ENTRY of DIR. -EOPNOTSUPP where a layer says that its lower part has
 * another name (redirect). */
int stack_enter(struct stack_dir *dir, const struct stack_entry *entry, struct stack_dir *ret,
	struct shale_error *err);
void stack_leave(struct stack_dir *dir);
/* Closes DIR's descriptors until they are needed again. */
void stack_suspend(struct stack_dir *dir);
/* Before CHILD of DIR is left: what DIR had suspended is opened by way of it, where that is still
 * the same directory. */
void stack_resume(struct stack_dir *dir, const struct stack_dir *child);

/* The path of NAME in DIR, the deepest directory entered; NULL: of DIR itself. It lives until the
 * stack is asked for another one. NULL: no memory. */
const char *stack_path(struct stack_dir *dir, const char *name);

/* Reads the names of DIR; RET is zeros. */
int stack_list(struct stack_dir *dir, struct stack_list *ret, struct shale_error *err);
/* 1 and the next entry, whose name lives until the next call; or 0. A name that vanishes while we
 * look was there too late: the tree may be in use. */
int stack_list_next(struct stack_dir *dir, struct stack_list *list, struct stack_entry *ret,
	struct shale_error *err);
void stack_list_free(struct stack_list *list);
/* 1: the stack holds NAME (a whiteout, too); 0: it does not. RET's name is NAME. */
int stack_lookup(
	struct stack_dir *dir, const char *name, struct stack_entry *ret, struct shale_error *err);
/* Opens (O_PATH) what ENTRY names; the caller's. */
int stack_open(struct stack_dir *dir, const struct stack_entry *entry);
/* Opens a regular file to read it. Only where nobody can have put a device in its place. */
int stack_open_data(struct stack_dir *dir, const struct stack_entry *entry);

/* The next lower file of the same name under ENTRY: 1 and *RET, or 0. For metacopy files. */
int stack_lookup_below(struct stack_dir *dir, const struct stack_entry *entry,
	struct stack_entry *ret, struct shale_error *err);

#define auto_stack      __attribute__((cleanup(stack_close)))
#define auto_stack_dir  __attribute__((cleanup(stack_leave)))
#define auto_stack_list __attribute__((cleanup(stack_list_free)))
