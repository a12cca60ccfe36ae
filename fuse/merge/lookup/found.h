/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The result of a search: all that the layers hold under a name of a merged directory. Within
 * the merge filesystem only. */
#pragma once

#include "common/overlay/origin.h"
#include "fuse/merge/state.h"

/* A real inode by the real directory that it lies in. */
struct spot {
	uint32_t parent; /* 0: none */
	uint16_t flags;  /* of a directory: real_flags */
	const char *name;
};

struct found {
	struct stat st; /* of the topmost, with the owner and mode that override xattrs tell */
	uint32_t where; /* the real directory that holds the topmost */
	bool upper;
	bool opaque;     /* an upper directory marked opaque */
	bool origin;     /* an upper one with a mark of what it was copied up from */
	bool has_origin; /* the same of a file, whose mark is ORIGIN_MARK */
	struct origin origin_mark;
	bool unprotected; /* a lower one that is neither immutable nor append-only */
	bool linked;      /* an upper one that is, or was, in an index */
	bool indexed;     /* it is in the index, as INDEX_NAME */
	bool unaliased;   /* in the index, but NAME lies in lower layers alone */
	char index_name[NAME_SIZE];
	unsigned int copyup_changes; /* fs.copyup_changes when the search began */
	bool no_data;     /* a metacopy whose data no layer holds: reading it is an error */
	uint64_t ino;     /* st_ino to show */
	struct spot data; /* a metacopy: the file whose data are shown */
	size_t n_dirs;    /* a directory: where it is merged from, topmost first */
	struct spot dirs[MOST_LAYERS];
	struct held *held; /* what redirects led through */
};
/* To be released, also when nothing is found. */
void found_init(struct found *found);
void found_release(struct found *found);
#define auto_found __attribute__((cleanup(found_release)))

/* A path from a redirect, or a real directory on that path. Kept until the search is over. */
struct held {
	struct held *next;
	struct fs *fs;
	uint32_t real;
	char text[];
};
/* With room for SIZE bytes; takes over a reference on REAL (0: none). NULL: out of memory. */
struct held *found_hold(struct found *found, struct fs *fs, uint32_t real, size_t size);
