/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The result of a search for a name: the files and directories with this name, in all layers.
 * Within the merge filesystem only. */
#pragma once

#include "common/overlay/origin.h"
#include "fuse/merge/state.h"

/* A real inode, known by its real directory and its name. */
struct spot {
	uint32_t parent; /* real directory that has the name; 0: none */
	uint16_t flags;  /* flags of a directory (enum real_flags) */
	const char *name;
};

struct found {
	struct stat st; /* stat of the topmost file, with owner and mode from override xattrs */
	uint32_t where; /* the real directory that has the topmost file */
	bool upper;
	bool opaque;     /* FOUND is an upper directory that is marked opaque */
	bool origin;     /* FOUND is an upper directory with an origin */
	bool has_origin; /* FOUND is an upper file with an origin: ORIGIN_MARK */
	struct origin origin_mark;
	bool unprotected; /* FOUND is a lower file that is neither immutable nor append-only */
	bool bare;        /* FOUND is a lower file or directory without any xattr */
	bool linked;      /* FOUND is an upper file that is, or was, in an index */
	bool indexed;     /* FOUND is in the index, as INDEX_NAME */
	bool unaliased;   /* FOUND is in the index, but NAME exists only in lower layers */
	char index_name[NAME_SIZE];
	unsigned int copyup_changes; /* fs.copyup_changes when the search began */
	bool redirected;             /* the search has followed a redirect to another name */
	/* FOUND is a metacopy whose data no layer has: reading it fails. */
	bool no_data;
	uint64_t ino;     /* the inode number to show */
	struct spot data; /* for a metacopy: the file with the data */
	size_t n_dirs;    /* for a directory: its real directories, topmost first */
	struct spot dirs[MOST_LAYERS];
	struct held *held; /* paths and real directories that lead to targets of redirects */
};
/* Makes an empty result. Call found_release in the end, even if nothing was found. */
void found_init(struct found *found);
void found_release(struct found *found);
#define auto_found __attribute__((cleanup(found_release)))

/* The path of a redirect, or a real directory on that path. Freed at the end of the search. */

struct held {
	struct held *next;
	struct fs *fs;
	uint32_t real;
	char text[];
};
/* Adds a struct held to FOUND, with room for SIZE bytes of text. Takes over a reference on REAL (0:
 * none). Returns NULL without memory. */
struct held *found_hold(struct found *found, struct fs *fs, uint32_t real, size_t size);
