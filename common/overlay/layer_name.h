/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Judges a name in a directory of a layer: what lies there, and what it means when layers are
 * merged. A mount, a diff without a mount (common/archive/stack.c) and an unpacked stream
 * (common/archive/apply/layer_tree.c) all ask here (kernel:
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
	LAYER_DIRECTORY, /* is merged with the directories below */
	LAYER_FILE,      /* any other file */
};

/* How to read the names of a directory. */
struct layer_rules {
	enum xattr_class class;
	bool aufs;            /* ".wh." names are marks */
	bool engine;          /* files that fuse-overlayfs makes are marks: see engine_marks.h */
	bool xattr_whiteouts; /* empty regular files may be whiteouts */
};

/* The kind of NAME in DIRFD, whose stat is ST; or a negative errno. */
int layer_judge(
	const struct layer_rules *rules, int dirfd, const char *name, const struct stat *st);
/* The same for an entry of a listing, whose TYPE is DT_REG and so on. Asks for more about NAME only
 * where that can matter; a name that cannot be asked about is a file. */
int layer_judge_listed(
	const struct layer_rules *rules, int dirfd, const char *name, unsigned char type);
/* The same for NAME, which may be absent. */
int layer_judge_at(const struct layer_rules *rules, int dirfd, const char *name);

/* A lookup in one layer. */
struct layer_query {
	struct layer_rules rules; /* xattr_whiteouts is unused: a lookup asks for each mark */
	bool upper;
	/* The first layer that has the name: its origin, link count and owner are wanted. */
	bool topmost;
	bool override;          /* owners and modes are kept in xattrs */
	bool special_marks;     /* also devices, pipes and links of this directory may have marks */
	bool aufs_beside;       /* ".wh.NAME" may lie beside NAME */
	bool opaque_file;       /* fuse-overlayfs may have marked it opaque by a file */
	bool redirect;          /* read the redirect, if there is one */
	bool metacopy_redirect; /* read a metacopy's redirect, too */
	mode_t fits;            /* the type that can be merged with the one above; 0: any */
};

struct layer_name {
	enum layer_kind kind;
	bool hides; /* the layers below show nothing under this name */
	struct stat st;
	/* Stat; with TOPMOST and OVERRIDE it has the owner and mode of the xattr. */
	struct stat shown;
	bool protected; /* is, or may be, immutable or append-only */
	int marks;      /* enum mark */
	/* A directory: */
	bool opaque;
	bool xattr_whiteouts; /* its empty files may be whiteouts */
	/* A file: */
	bool metacopy;   /* its data are in a layer below */
	bool linked;     /* TOPMOST, upper: it is, or was, in an index */
	bool has_origin; /* TOPMOST, upper */
	bool refused;    /* there may be an origin, but the mode keeps this process from it */
	struct origin origin;
	char *redirect; /* NULL: none, or not wanted; the caller frees it */
};

/* Reads NAME in DIRFD; 0 or a negative errno. Nothing is left to free on failure. */
int layer_name_read(
	const struct layer_query *query, int dirfd, const char *name, struct layer_name *ret);
