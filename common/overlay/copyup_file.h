/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Copy-up: an upper copy of a lower file, complete or absent. Files are made nameless and linked
 * last; all else is made in the work directory and renamed into place.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "common/overlay/origin.h"
#include "common/overlay/override.h"
#include "common/overlay/sync_before_link.h"
#include "common/overlay/tempname.h"
#include "common/overlay/overlay_xattr.h"

struct copyup_run {
	int source; /* what is copied: an O_PATH descriptor */
	int data;   /* of a regular file: O_PATH of what holds its data, SOURCE or another file */
	const struct stat *st; /* its stat, the owner and mode as they are to be on disk */
	int work;              /* work directory, on the upper filesystem */
	int dir;               /* upper directory that gets the copy */
	const char *name;      /* NULL: the copy, no directory, stays nameless */
	uint64_t length; /* how many bytes of a regular file are wanted: the rest is not copied */
	enum xattr_class class;
	const struct origin *origin; /* NULL: no mark (a broken hard link) */
	int more_links; /* an index entry: the links that the mount shows beside its own */
	bool metacopy;  /* a regular file: its data stay where they are */
	bool bare;      /* SOURCE is known to have no xattrs to copy */
	bool opaque;    /* directory: mark it opaque */
	bool replace;   /* a directory in place of the one called NAME, which is left in WORK */
	enum sync_mode sync_mode; /* no name of a file may outlive its data */
};

/* A descriptor of the copy (O_RDWR of a regular file, else O_PATH), or a negative errno with
 * nothing changed. With REPLACE, ret_old is the name in WORK of what was replaced; it may be NULL
 * otherwise. */
int copyup_run(const struct copyup_run *what, char ret_old[TEMP_NAME_MAX]);

/* Gives a metacopy, open as TO for reading and writing, the first LENGTH bytes of the data in DATA
 * (O_PATH will do): all of them, or it stays a metacopy. */
int fill_metacopy(
	int to, int data, uint64_t length, enum xattr_class class, enum sync_mode sync_mode);

/* Copies xattrs but the overlay's own. With all: security.capability last. */
int xattrs_copy(int to, int from, enum xattr_class class);
