/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads a stack of layers without a mount: the merged entries of a directory, and the file that
 * the stack shows for one name. The rules are overlayfs's
 * (Documentation/filesystems/overlayfs.rst): names merge only if both are directories; whiteouts
 * hide; an opaque directory ends the merge. */
#pragma once

#include <stdbool.h>
#include <sys/stat.h>

#include "common/overlay/overlay_xattr.h"
#include "common/shale.h"
#include "common/base/sorter.h"

struct stack {
	/* descriptors of the layers' roots, topmost first; they stay the caller's */
	const int *roots;
	size_t n;
	enum xattr_class class;
	enum ownership ownership;
	/* The lowest N_AUFS layers may hold whiteouts in aufs's form. */
	size_t n_aufs;
	size_t open; /* number of descriptors that the directories of this stack hold open */
	/* Path of the deepest directory entered. The path of each directory above it is a beginning
	 * of this path. */
	char *path;
	size_t path_room;
	struct sorter_pool names;
};

/* The directory of one layer in a merged directory. */
struct stack_level {
	size_t layer;
	int fd;    /* O_PATH, or -1 while suspended */
	dev_t dev; /* device and inode number, noted before FD is closed, to recognise the directory
		      again */
	ino_t ino;
};

struct stack_dir {
	struct stack *stack;
	size_t path_length; /* the first PATH_LENGTH bytes of the stack's path are the path of this
			       directory */
	struct stack_level *levels; /* the directories of the layers that are merged here, topmost
				       first; at least one */
	size_t n;
	bool hides; /* a mount would not merge this directory with layers below the whole stack */
};

struct stack_entry {
	const char *name;
	size_t level; /* the level of the parent directory in which this name was found */
	/* if the layer keeps owners in xattrs, ST has owner and mode of the xattr */
	struct stat st;
	bool whiteout;
};

/* The names of a directory in bytewise order, with whiteouts. */
struct stack_list {
	struct sorter names;
	/* The current name was found in a higher level, so the same name in lower levels is
	 * ignored. */
	bool taken;
};

/* Initialises the fields of a stack that its user does not set. */
#define STACK_FRESH .names = { .file = -1 }
/* Frees the stack. Call it when all its directories are left. */
void stack_close(struct stack *stack);

/* Opens the roots of the stack. Returns 0 also for an empty stack; *RET then has no levels and
 * must not be used. */
int stack_root(struct stack *stack, struct stack_dir *ret);
/* Enters the merged directory ENTRY of DIR. Returns -EOPNOTSUPP if a layer has a redirect for
 * it, because its lower directory has another name. */
int stack_enter(struct stack_dir *dir, const struct stack_entry *entry, struct stack_dir *ret,
	struct shale_error *err);
void stack_leave(struct stack_dir *dir);
/* Closes DIR's descriptors until they are needed again. */
void stack_suspend(struct stack_dir *dir);
/* Opens the suspended descriptors of DIR again through ".." of its CHILD, if that is still the
 * same directory. Call it before CHILD is left. */
void stack_resume(struct stack_dir *dir, const struct stack_dir *child);

/* Returns the path of NAME in DIR, the deepest directory entered; of DIR itself if NAME is NULL.
 * Valid until the next call. Returns NULL without memory. */
const char *stack_path(struct stack_dir *dir, const char *name);

/* Reads the names of DIR. RET must be all zeros before the call. */
int stack_list(struct stack_dir *dir, struct stack_list *ret, struct shale_error *err);
/* Finds the next entry. Returns 1 and the entry, whose name is valid until the next call; or 0
 * at the end. Skips a name that vanishes meanwhile, since the tree may be in use. */
int stack_list_next(struct stack_dir *dir, struct stack_list *list, struct stack_entry *ret,
	struct shale_error *err);
void stack_list_free(struct stack_list *list);
/* Looks NAME up. Returns 1 if the stack holds NAME or a whiteout of it, else 0. RET's name is
 * NAME. */
int stack_lookup(
	struct stack_dir *dir, const char *name, struct stack_entry *ret, struct shale_error *err);
/* Opens (O_PATH) the file of ENTRY. The caller owns the descriptor. */
int stack_open(struct stack_dir *dir, const struct stack_entry *entry);
/* Opens a regular file for reading. Call it only if no other user can have replaced it by a
 * device. */
int stack_open_data(struct stack_dir *dir, const struct stack_entry *entry);

/* Finds the next lower file with ENTRY's name, for the data of a metacopy. Returns 1 and *RET,
 * or 0. */
int stack_lookup_below(struct stack_dir *dir, const struct stack_entry *entry,
	struct stack_entry *ret, struct shale_error *err);

#define auto_stack      __attribute__((cleanup(stack_close)))
#define auto_stack_dir  __attribute__((cleanup(stack_leave)))
#define auto_stack_list __attribute__((cleanup(stack_list_free)))
