/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The tree that a layer is unpacked into: finds or makes the parent directory of an entry, removes
 * what has its name already, and hides names of the layers below. */
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
	struct stream_record *record; /* gets what is replaced; NULL: it is removed */
	char *parent_path;            /* the parent last asked for ... */
	int parent;                   /* ... and it, open; or -1 */
	bool linked;                  /* a symbolic link may lead there */
	unsigned long removed;        /* counts the names that remove_tree made */
	struct dir_cache cache;
	struct pathlog whiteouts; /* all that were made */
	bool opaques;             /* a directory was marked opaque */
	bool root_opaque;         /* a mark says so: see layer_tree_hide_all */
};

/* The open directory PARENT of the root, made where the stream lacks it; the tree's own, until
 * the next call of any function here. */
int layer_tree_parent(struct layer_tree *tree, const char *parent, struct shale_error *err);
/* The path of NAME in the parent last asked for, PARENT, without links on the way: the caller's to
 * free. NULL: it cannot be told. */
int layer_tree_path(
	const struct layer_tree *tree, const char *parent, const char *name, char **ret);

/* Makes room for NAME in DIRFD: removes what is there, a whole directory too, except that a
 * directory stays for a new directory. Returns what was (or still is) there. */
enum layer_tree_was {
	NAME_FREE, /* or a whiteout that was a device in the stream */
	NAME_WHITEOUT,
	NAME_TAKEN,
	NAME_KEPT, /* the directory is still there */
};
int layer_tree_clear(struct layer_tree *tree, int dirfd, const char *name, bool for_directory,
	struct shale_error *err);

/* Where one entry goes. */
struct layer_tree_target {
	int dirfd;
	const char *name;
};
/* Makes something new at TARGET, -EEXIST if the name is taken; >= 0 on success. */
typedef int layer_tree_make_fn(
	const struct layer_tree_target *target, void *arg, struct shale_error *err);
/* Calls MAKE, which seldom finds the name taken; then removes what has it, and calls MAKE again.
 * Returns what MAKE returns. */
int layer_tree_make(struct layer_tree *tree, const struct layer_tree_target *target,
	layer_tree_make_fn *make, void *arg, struct shale_error *err);

/* Makes the directory NAME in DIRFD, or finds it there; one that was whited out becomes opaque. */
int layer_tree_mkdir(struct layer_tree *tree, int dirfd, const char *name, struct shale_error *err);

/* 1 if a whiteout or an opaque mark in PARENT hides anything; 0 where the stream has a file or a
 * link on the way there: that hides all of what lies below already, and where a link leads to,
 * another name is meant. kaniko writes such whiteouts, for a directory that it replaced. */
int layer_tree_hides(struct layer_tree *tree, const char *parent, struct shale_error *err);

/* .wh.NAME in PARENT: a whiteout, or if the stream holds NAME itself, only what the layers below
 * have of it is hidden. */
int layer_tree_whiteout(
	struct layer_tree *tree, const char *parent, const char *name, struct shale_error *err);
/* A character device 0/0 in DIRFD, the parent last asked for: a whiteout that takes the place of
 * what has its name. */
int layer_tree_device_whiteout(struct layer_tree *tree, int dirfd, const char *parent,
	const char *name, struct shale_error *err);
int layer_tree_opaque(struct layer_tree *tree, int dirfd, struct shale_error *err);

/* Hides all that the layers below show, where a mark at the root says so. Overlayfs merges the
 * roots of its layers whatever they are marked: each name gets a whiteout of its own. Call it
 * when all is unpacked. */
int layer_tree_hide_all(struct layer_tree *tree, struct shale_error *err);

void layer_tree_close(struct layer_tree *tree);
