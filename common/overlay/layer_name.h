/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A name in a directory of a layer: what lies there, and what that is to a merge of layers. The
 * judge of whiteouts for all that a mount looks up, lists or makes (kernel:
 * Documentation/filesystems/overlayfs.rst, "whiteouts and opaque directories"). A diff without a
 * mount asks common/archive/stack.c, a stream common/archive/apply/layer_tree.c.
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
	LAYER_DIRECTORY, /* merged with those below */
	LAYER_FILE,      /* all else */
};

/* How the names of a directory are to be read. */
struct layer_rules {
	enum xattr_class class;
	bool aufs;            /* ".wh." names are marks */
	bool xattr_whiteouts; /* empty regular files may be whiteouts */
};

/* The kind of NAME in DIRFD, with ST; or a negative errno. */
int layer_judge(
	const struct layer_rules *rules, int dirfd, const char *name, const struct stat *st);
/* The same of an entry that a directory was listed with, of TYPE (DT_REG ...). NAME is asked for
 * more only where that can matter; what cannot be asked is a file. */
int layer_judge_listed(
	const struct layer_rules *rules, int dirfd, const char *name, unsigned char type);
/* The same of NAME, which may be absent. */
int layer_judge_at(const struct layer_rules *rules, int dirfd, const char *name);

/* The question of a lookup. */
struct layer_query {
	struct layer_rules
		rules; /* without xattr_whiteouts: their mark is looked for in any case */
	bool upper;
	bool topmost;           /* found first: its origin, link count and owner are wanted */
	bool override;          /* owners and modes are kept in xattrs */
	bool special_marks;     /* also devices, pipes and links of this directory may have marks */
	bool aufs_beside;       /* ".wh.NAME" may lie beside NAME */
	bool redirect;          /* wanted where there is one */
	bool metacopy_redirect; /* the same, of a metacopy */
	mode_t fits;            /* the type that can lie below what was found; 0: any */
};

struct layer_name {
	enum layer_kind kind;
	bool hides; /* the layers below show nothing under this name */
	struct stat st;
	struct stat shown; /* TOPMOST with OVERRIDE: with the owner and mode of the xattr */
	bool protected;    /* immutable or append-only, or that cannot be told */
	int marks;         /* enum mark */
	/* A directory: */
	bool opaque;
	bool xattr_whiteouts; /* its empty files may be whiteouts */
	/* A file: */
	bool metacopy;   /* its data lie below */
	bool linked;     /* TOPMOST, upper: it is, or was, in an index */
	bool has_origin; /* TOPMOST, upper */
	struct origin origin;
	char *redirect; /* NULL: none, or not wanted; the caller frees it */
};

/* Reads NAME in DIRFD; 0 or a negative errno. Nothing is left to free on failure. */
int layer_name_read(
	const struct layer_query *query, int dirfd, const char *name, struct layer_name *ret);
