/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reads a stack of layers without a mount: a directory's merged entries, and the file that the
 * stack shows for one name. The rules are overlayfs's (Documentation/filesystems/overlayfs.rst):
 * names merge only if both are directories; whiteouts hide; an opaque directory ends the merge.
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
	/* This many, counted from the bottom, may hold whiteouts in the form of aufs. */
	size_t n_aufs;
	size_t open; /* number of descriptors that its directories hold */
	/* Path of the deepest directory entered; the path of each one above is the beginning of
	 * it. */
	char *path;
	size_t path_room;
	struct sorter_pool names;
};

/* One layer's part of a merged directory. */
struct stack_level {
	size_t layer;
	int fd;    /* O_PATH, or -1 while suspended */
	dev_t dev; /* noted at the suspension, to recognise the directory again */
	ino_t ino;
};

struct stack_dir {
	struct stack *stack;
	size_t path_length;         /* its part of the stack's path */
	struct stack_level *levels; /* topmost first; at least one */
	size_t n;
	bool hides; /* the layers below this whole stack do not show through here */
};

struct stack_entry {
	const char *name;
	size_t level;   /* level of the directory that it is in */
	struct stat st; /* has the values of the override xattr if owners are kept there */
	bool whiteout;
};

/* Names in bytewise order; whiteouts too. */
struct stack_list {
	struct sorter names;
	/* The last name came from one level, and the lower ones with that name are ignored. */
	bool taken;
};

/* Initialises the fields of a stack that its user does not set. */
#define STACK_FRESH .names = { .file = -1 }
/* Call it when all its directories are left. */
void stack_close(struct stack *stack);

/* Opens the roots of the stack. Returns 0 for an empty stack: *RET then has no levels and must not
 * be used. */
int stack_root(struct stack *stack, struct stack_dir *ret);
/* Enters the merged directory ENTRY of DIR. -EOPNOTSUPP if a layer has a redirect for it: its lower
 * part has another name. */
int stack_enter(struct stack_dir *dir, const struct stack_entry *entry, struct stack_dir *ret,
	struct shale_error *err);
void stack_leave(struct stack_dir *dir);
/* Closes DIR's descriptors until they are needed again. */
void stack_suspend(struct stack_dir *dir);
/* Call it before CHILD of DIR is left: opens DIR's suspended descriptors again through CHILD, if
 * the directory is still the same. */
void stack_resume(struct stack_dir *dir, const struct stack_dir *child);

/* The path of NAME in DIR, the deepest directory entered; NULL: of DIR itself. Valid until the next
 * call. Returns NULL without memory. */
const char *stack_path(struct stack_dir *dir, const char *name);

/* Reads the names of DIR; RET is zeros. */
int stack_list(struct stack_dir *dir, struct stack_list *ret, struct shale_error *err);
/* Returns 1 and the next entry, whose name is valid until the next call; or 0. Skips a name that
 * vanishes meanwhile, since the tree may be in use. */
int stack_list_next(struct stack_dir *dir, struct stack_list *list, struct stack_entry *ret,
	struct shale_error *err);
void stack_list_free(struct stack_list *list);
/* Returns 1 if the stack holds NAME (or a whiteout of it), else 0. RET's name is NAME. */
int stack_lookup(
	struct stack_dir *dir, const char *name, struct stack_entry *ret, struct shale_error *err);
/* Opens (O_PATH) the file of ENTRY; the caller's. */
int stack_open(struct stack_dir *dir, const struct stack_entry *entry);
/* Opens a regular file for reading. Call it only if no other user can have put a device there. */
int stack_open_data(struct stack_dir *dir, const struct stack_entry *entry);

/* Finds the next lower file with ENTRY's name: 1 and *RET, or 0. For metacopy files. */
int stack_lookup_below(struct stack_dir *dir, const struct stack_entry *entry,
	struct stack_entry *ret, struct shale_error *err);

#define auto_stack      __attribute__((cleanup(stack_close)))
#define auto_stack_dir  __attribute__((cleanup(stack_leave)))
#define auto_stack_list __attribute__((cleanup(stack_list_free)))
