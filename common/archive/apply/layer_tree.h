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
	/* keeps replaced files for the record of the stream; NULL: removes them */
	struct stream_record *record;
	char *parent_path; /* path of the parent that the last call of layer_tree_parent has opened
			    */
	int parent;        /* the descriptor of PARENT_PATH, or -1 */
	bool linked;       /* PARENT_PATH may lead through a symbolic link */
	unsigned long removed; /* counter of remove_tree, which makes its names unique */
	struct dir_cache cache;
	struct pathlog whiteouts; /* paths of all whiteouts that were made */
	bool marked;  /* whiteouts are files with an xattr, because this filesystem refuses devices
		       */
	bool opaques; /* at least one directory was marked opaque */
	bool root_opaque; /* the root has an opaque mark: see layer_tree_hide_all */
};

/* Tells whether NAME in DIRFD, with the stat ST, is a whiteout. A whiteout that is a file is known
 * by an xattr, which no image can set. */
bool layer_tree_is_whiteout(
	const struct layer_tree *tree, int dirfd, const char *name, const struct stat *st);

/* Opens the directory PARENT of the root, and makes it if the stream has no entry for it. The
 * tree owns the descriptor, which is valid until the next call of any function here. */
int layer_tree_parent(struct layer_tree *tree, const char *parent, struct shale_error *err);
/* Returns the path, without links, of NAME in PARENT, the last parent that was asked for. The
 * caller frees it. NULL if the path cannot be found out. */
int layer_tree_path(
	const struct layer_tree *tree, const char *parent, const char *name, char **ret);

/* Makes room for a new entry: removes an older file NAME of DIRFD, also a whole directory; but
 * keeps a directory if the new entry is one, too. Returns the kind of file that NAME was, or
 * still is. */
enum layer_tree_was {
	NAME_FREE, /* the name is free, or a whiteout that was a device in the stream lies there */
	NAME_WHITEOUT,
	NAME_TAKEN,
	NAME_KEPT, /* the old directory is kept */
};
int layer_tree_clear(struct layer_tree *tree, int dirfd, const char *name, bool for_directory,
	struct shale_error *err);

/* The name under which an entry is unpacked. */
struct layer_tree_target {
	int dirfd;
	const char *name;
};
/* Makes a new file at TARGET. Returns >= 0 on success, -EEXIST if the name is taken. */
typedef int layer_tree_make_fn(
	const struct layer_tree_target *target, void *arg, struct shale_error *err);
/* Calls MAKE; if the name is taken, which is rare, removes the older file and calls MAKE again.
 * Returns MAKE's result. */
int layer_tree_make(struct layer_tree *tree, const struct layer_tree_target *target,
	layer_tree_make_fn *make, void *arg, struct shale_error *err);

/* Makes the directory NAME in DIRFD, or keeps an existing one. A directory that replaces a
 * whiteout becomes opaque, because the whiteout hid the lower names. */
int layer_tree_mkdir(struct layer_tree *tree, int dirfd, const char *name, struct shale_error *err);

/* Returns 1 if a whiteout or an opaque mark in PARENT can hide anything. Returns 0 if the stream
 * has a file or a link on the way to PARENT: a file already hides all lower names there, and a
 * link leads to another directory. kaniko writes such whiteouts for a directory that it
 * replaced. */
int layer_tree_hides(struct layer_tree *tree, const char *parent, struct shale_error *err);

/* Applies .wh.NAME in PARENT. Makes a whiteout; but if the stream holds NAME itself, hides only
 * the lower names of NAME. */
int layer_tree_whiteout(
	struct layer_tree *tree, const char *parent, const char *name, struct shale_error *err);
/* Makes a whiteout for a character device 0/0 that the stream has in DIRFD, the directory of the
 * last layer_tree_parent. Replaces an older file NAME. */
int layer_tree_device_whiteout(struct layer_tree *tree, int dirfd, const char *parent,
	const char *name, struct shale_error *err);
int layer_tree_opaque(struct layer_tree *tree, int dirfd, struct shale_error *err);

/* Hides every name of the layers below if the stream marks the root opaque. Makes a whiteout for
 * each name, since overlayfs merges the roots of layers and ignores an opaque mark there. Call it
 * when everything is unpacked. */
int layer_tree_hide_all(struct layer_tree *tree, struct shale_error *err);

void layer_tree_close(struct layer_tree *tree);
