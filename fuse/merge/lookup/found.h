/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The result of a search: the files and directories of the layers that have a name. Within the
 * merge filesystem only. */
#pragma once

#include "common/overlay/origin.h"
#include "fuse/merge/state.h"

/* A real inode, known by its real directory and its name. */
struct spot {
	uint32_t parent; /* its real directory; 0: none */
	uint16_t flags;  /* flags of a directory (enum real_flags) */
	const char *name;
};

struct found {
	struct stat st; /* stat of the topmost file, with owner and mode from override xattrs */
	uint32_t where; /* the real directory that has the topmost file */
	bool upper;
	bool opaque;     /* it is an upper directory that is marked opaque */
	bool origin;     /* it is an upper directory with an origin */
	bool has_origin; /* it is an upper file with an origin: ORIGIN_MARK */
	struct origin origin_mark;
	bool unprotected; /* it is a lower file that is neither immutable nor append-only */
	bool bare;        /* it is a lower file or directory without any xattr */
	bool linked;      /* it is an upper file that is, or was, in an index */
	bool indexed;     /* it is in the index, as INDEX_NAME */
	bool unaliased;   /* it is in the index, but only lower layers have NAME */
	char index_name[NAME_SIZE];
	unsigned int copyup_changes; /* fs.copyup_changes when the search began */
	bool redirected;             /* a redirect has led the search to another name */
	/* It is a metacopy whose data are in no layer: reading it fails. */
	bool no_data;
	uint64_t ino;     /* the st_ino to show */
	struct spot data; /* for a metacopy: the file with the data */
	size_t n_dirs;    /* of a directory: its real directories, topmost first */
	struct spot dirs[MOST_LAYERS];
	struct held *held; /* paths and real directories of redirects */
};
/* Makes an empty result. Release it with found_release, even if nothing was found. */
void found_init(struct found *found);
void found_release(struct found *found);
#define auto_found __attribute__((cleanup(found_release)))

/* A path from a redirect, or a real directory on that path. It lives until the end of the search.
 */

struct held {
	struct held *next;
	struct fs *fs;
	uint32_t real;
	char text[];
};
/* Adds a struct held with room for SIZE bytes of text to FOUND. Takes over a reference on REAL (0:
 * no real directory). Returns NULL without memory. */
struct held *found_hold(struct found *found, struct fs *fs, uint32_t real, size_t size);
