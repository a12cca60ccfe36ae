/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Judges a name in a directory of a layer: what kind of file it is, and what it means when layers
 * are merged. A mount, a diff without a mount (common/archive/stack.c) and an unpacked stream
 * (common/archive/apply/layer_tree.c) all use this judge (kernel:
 * Documentation/filesystems/overlayfs.rst, "whiteouts and opaque directories").
 */
#pragma once

#include <stdbool.h>
#include <sys/stat.h>

#include "common/overlay/origin.h"
#include "common/overlay/overlay_xattr.h"

enum layer_kind {
	LAYER_NOTHING,
	LAYER_MARK,      /* ".wh.NAME" of aufs: no file of the layer */
	LAYER_WHITEOUT,  /* hides the name in the layers below */
	LAYER_DIRECTORY, /* is merged with directories below */
	LAYER_FILE,      /* any other file */
};

/* How to judge the names of a directory. */
struct layer_rules {
	enum xattr_class class;
	bool aufs;            /* ".wh." names are marks */
	bool engine;          /* fuse-overlayfs's own marks count, too: see engine_marks.h */
	bool xattr_whiteouts; /* empty regular files may be whiteouts */
};

/* Returns the kind of NAME in DIRFD, whose stat is ST; or a negative errno. */
int layer_judge(
	const struct layer_rules *rules, int dirfd, const char *name, const struct stat *st);
/* Returns the kind of an entry of a listing, whose TYPE is DT_REG and so on. Asks the filesystem
 * about NAME only if that can matter. A name about which it cannot ask is a file. */
int layer_judge_listed(
	const struct layer_rules *rules, int dirfd, const char *name, unsigned char type);
/* Returns the kind of NAME in DIRFD like layer_judge. NAME may be absent. */
int layer_judge_at(const struct layer_rules *rules, int dirfd, const char *name);

/* A lookup of one name in one layer, and the facts to read about it. */
struct layer_query {
	struct layer_rules rules; /* a lookup does not use xattr_whiteouts: it asks for each mark */
	bool upper;
	bool has_origins; /* files here may have origins whose inode numbers are shown */
	/* No layer above has the name. Then also read the origin, the link count and the owner,
	 * which the mount shows. */
	bool topmost;
	bool override;          /* owners and modes are kept in xattrs */
	bool special_marks;     /* devices, pipes and links in this directory may have marks, too */
	bool aufs_beside;       /* a mark .wh.NAME may lie beside NAME */
	bool opaque_file;       /* fuse-overlayfs may have marked NAME opaque by a file */
	bool redirect;          /* read the redirect, if there is one */
	bool metacopy_redirect; /* read a metacopy's redirect, too */
	/* The only type that can be merged with the one above; 0: any type. */
	mode_t fits;
};

struct layer_name {
	enum layer_kind kind;
	bool hides; /* the layers below show nothing under this name */
	struct stat st;
	/* Like ST; with TOPMOST and OVERRIDE it has the owner and mode of the xattr. */
	struct stat shown;
	bool protected; /* the file may be immutable or append-only */
	int marks;      /* bits of enum mark */
	/* Only for a directory: */
	bool opaque;
	bool xattr_whiteouts; /* its empty files may be whiteouts */
	/* Only for a file: */
	bool metacopy;   /* its data are in a layer below */
	bool linked;     /* only with TOPMOST, in upper: the file is, or was, in an index */
	bool has_origin; /* only with TOPMOST and HAS_ORIGINS */
	/* The file may have an origin, but its mode keeps this process from reading it. */
	bool refused;
	struct origin origin;
	char *redirect; /* NULL: it has none, or it is not wanted; the caller frees it */
};

/* Reads NAME in DIRFD. Returns 0 or a negative errno; then there is nothing to free. */
int layer_name_read(
	const struct layer_query *query, int dirfd, const char *name, struct layer_name *ret);
