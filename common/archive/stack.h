/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A stack of layers read without a mount: a directory's merged entries, and what the stack shows
 * for one name. The rules are overlayfs's (Documentation/filesystems/overlayfs.rst): names merge
 * only where both are directories; whiteouts hide; an opaque directory ends the merge.
 */
#pragma once

#include <stdbool.h>
#include <sys/stat.h>

#include "common/overlay/xattr.h"
#include "common/shale.h"
#include "common/sorter.h"

struct shale_stack {
	const int *roots; /* topmost first; the caller's */
	size_t n;
	enum shale_xattr_class class;
	enum shale_ownership ownership;
	size_t n_aufs; /* so many of them, counted from the bottom, may hold whiteouts as aufs has
			*/
	size_t open;   /* descriptors that its directories hold */
	/* Of the deepest directory entered; each one above it has its beginning as its own. */
	char *path;
	size_t path_room;
	struct shale_sorter_pool names;
};

/* One layer's part of a merged directory. */
struct shale_stack_level {
	size_t layer;
	int fd;    /* O_PATH, or -1 while suspended */
	dev_t dev; /* noted when it is suspended, to know it again */
	ino_t ino;
};

struct shale_stack_dir {
	struct shale_stack *stack;
	size_t path_length;               /* of the stack's path */
	struct shale_stack_level *levels; /* topmost first; at least one */
	size_t n;
	bool hides; /* what lies below this whole stack cannot show through here */
};

struct shale_stack_entry {
	const char *name;
	size_t level;   /* of the directory it is in */
	struct stat st; /* the override xattr's words where ownership is kept there */
	bool whiteout;
};

/* Names in bytewise order; whiteouts too. */
struct shale_stack_list {
	struct shale_sorter names;
	bool taken; /* the last name was found in one level, and those below it do not count */
};

/* Initialises the fields of a stack that its user does not set. */
#define SHALE_STACK_FRESH .names = { .file = -1 }
/* Once all its directories are left. */
void shale_stack_close(struct shale_stack *stack);

/* 0 with an empty stack: *RET then has no levels and must not be used. */
int shale_stack_root(struct shale_stack *stack, struct shale_stack_dir *ret);
/* The merged directory ENTRY of DIR. -EOPNOTSUPP where a layer says that its lower part has
 * another name (redirect). */
int shale_stack_enter(struct shale_stack_dir *dir, const struct shale_stack_entry *entry,
	struct shale_stack_dir *ret, struct shale_error *err);
void shale_stack_leave(struct shale_stack_dir *dir);
/* Closes DIR's descriptors until they are needed again. */
void shale_stack_suspend(struct shale_stack_dir *dir);
/* Before CHILD of DIR is left: what DIR had suspended is opened by way of it, where that is still
 * the same directory. */
void shale_stack_resume(struct shale_stack_dir *dir, const struct shale_stack_dir *child);

/* The path of NAME in DIR, the deepest directory entered; NULL: of DIR itself. It lives until the
 * stack is asked for another one. NULL: no memory. */
const char *shale_stack_path(struct shale_stack_dir *dir, const char *name);

/* Reads the names of DIR; RET is zeros. */
int shale_stack_list(
	struct shale_stack_dir *dir, struct shale_stack_list *ret, struct shale_error *err);
/* 1 and the next entry, whose name lives until the next call; or 0. A name that vanishes while we
 * look was there too late: the tree may be in use. */
int shale_stack_list_next(struct shale_stack_dir *dir, struct shale_stack_list *list,
	struct shale_stack_entry *ret, struct shale_error *err);
void shale_stack_list_free(struct shale_stack_list *list);
/* 1: the stack holds NAME (a whiteout, too); 0: it does not. RET's name is NAME. */
int shale_stack_lookup(struct shale_stack_dir *dir, const char *name, struct shale_stack_entry *ret,
	struct shale_error *err);
/* Opens (O_PATH) what ENTRY names; the caller's. */
int shale_stack_open(struct shale_stack_dir *dir, const struct shale_stack_entry *entry);
/* Opens a regular file to read it. Only where nobody can have put a device in its place. */
int shale_stack_open_data(struct shale_stack_dir *dir, const struct shale_stack_entry *entry);

/* The next lower file of the same name under ENTRY: 1 and *RET, or 0. For metacopy files. */
int shale_stack_lookup_below(struct shale_stack_dir *dir, const struct shale_stack_entry *entry,
	struct shale_stack_entry *ret, struct shale_error *err);

#define auto_stack      __attribute__((cleanup(shale_stack_close)))
#define auto_stack_dir  __attribute__((cleanup(shale_stack_leave)))
#define auto_stack_list __attribute__((cleanup(shale_stack_list_free)))
