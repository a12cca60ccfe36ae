/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The tree into which a layer is unpacked: finds or makes the parent directory of an entry, removes
 * an older file of the entry's name, and hides names of the layers below. */
#pragma once

#include <stdbool.h>
#include <sys/stat.h>

#include "common/archive/apply/deferred_dirs.h"
#include "common/archive/apply/pathlog.h"
#include "common/archive/stream/stream_record.h"
#include "common/archive/apply/dir_cache.h"

struct layer_tree {
	const struct apply_spec *spec;
	struct deferred_dirs *deferred;
	struct stream_record *record; /* keeps replaced files; NULL: they are removed */
	char *parent_path;            /* the last parent that was asked for ... */
	int parent;                   /* ... and its descriptor, or -1 */
	bool linked;                  /* a symbolic link may lead there */
	unsigned long removed;        /* counts the names that remove_tree has made */
	struct dir_cache cache;
	struct pathlog whiteouts; /* all whiteouts that were made */
	bool marked;              /* whiteouts are files with an xattr: devices are refused */
	bool opaques;             /* a directory was marked opaque */
	bool root_opaque;         /* the root has an opaque mark: see layer_tree_hide_all */
};

/* Whether NAME in DIRFD, with the stat ST, is a whiteout. An image cannot set the xattr of those
 * that are files. */
bool layer_tree_is_whiteout(
	const struct layer_tree *tree, int dirfd, const char *name, const struct stat *st);

/* Opens the directory PARENT of the root, and makes it if the stream lacks it. The tree owns the
 * descriptor, which is valid until the next call of any function here. */
int layer_tree_parent(struct layer_tree *tree, const char *parent, struct shale_error *err);
/* The path, without links, of NAME in PARENT, the last parent that was asked for: the caller's to
 * free. NULL: it cannot be told. */
int layer_tree_path(
	const struct layer_tree *tree, const char *parent, const char *name, char **ret);

/* Makes room for NAME in DIRFD: removes an older file of that name, also a whole directory; but a
 * directory stays for a new directory. Returns what the name was, or still is. */
enum layer_tree_was {
	NAME_FREE, /* free, or a whiteout that was a device in the stream */
	NAME_WHITEOUT,
	NAME_TAKEN,
	NAME_KEPT, /* the directory is still there */
};
int layer_tree_clear(struct layer_tree *tree, int dirfd, const char *name, bool for_directory,
	struct shale_error *err);

/* The place of one entry. */
struct layer_tree_target {
	int dirfd;
	const char *name;
};
/* Makes a new file at TARGET; -EEXIST if the name is taken; >= 0 on success. */
typedef int layer_tree_make_fn(
	const struct layer_tree_target *target, void *arg, struct shale_error *err);
/* Calls MAKE; if the name is taken, which is rare, removes the older file and calls MAKE again.
 * Returns MAKE's result. */
int layer_tree_make(struct layer_tree *tree, const struct layer_tree_target *target,
	layer_tree_make_fn *make, void *arg, struct shale_error *err);

/* Makes the directory NAME in DIRFD, or keeps the one there; one that replaces a whiteout becomes
 * opaque. */
int layer_tree_mkdir(struct layer_tree *tree, int dirfd, const char *name, struct shale_error *err);

/* Returns 1 if a whiteout or an opaque mark in PARENT hides anything. 0 if the stream has a file or
 * a link on the way there: a file already hides everything below, and a link leads to another name.
 * kaniko writes such whiteouts for a directory that it replaced. */
int layer_tree_hides(struct layer_tree *tree, const char *parent, struct shale_error *err);

/* Applies .wh.NAME in PARENT: makes a whiteout; or, if the stream holds NAME itself, hides only
 * NAME of the layers below. */
int layer_tree_whiteout(
	struct layer_tree *tree, const char *parent, const char *name, struct shale_error *err);
/* Makes a character device 0/0 in DIRFD, the last parent that was asked for: a whiteout, which
 * replaces an older file of its name. */
int layer_tree_device_whiteout(struct layer_tree *tree, int dirfd, const char *parent,
	const char *name, struct shale_error *err);
int layer_tree_opaque(struct layer_tree *tree, int dirfd, struct shale_error *err);

/* Hides all names of the layers below if a mark at the root says so: each gets a whiteout, because
 * overlayfs merges the roots of its layers whatever their marks are. Call it when everything is
 * unpacked. */
int layer_tree_hide_all(struct layer_tree *tree, struct shale_error *err);

void layer_tree_close(struct layer_tree *tree);
