/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Copy-up: makes an upper copy of a lower file, complete or absent. Regular files are made nameless
 * and linked last; all other types are made in the work directory and renamed into place.
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
	int source; /* the lower file, an O_PATH descriptor */
	/* For a regular file: O_PATH of the file with the data, SOURCE or another one. */
	int data;
	/* Stat of the source, with the owner and mode that the disk shall have. */
	const struct stat *st;
	int work;         /* work directory, on the upper filesystem */
	int dir;          /* upper directory that gets the copy */
	const char *name; /* NULL: the copy (not a directory) stays nameless */
	uint64_t length;  /* how many bytes of a regular file to copy; the rest is cut off */
	enum xattr_class class;
	const struct origin *origin; /* NULL: no mark (a broken hard link) */
	/* For an index entry: the links that the mount shows beyond the copy's own. */
	int more_links;
	/* The copy may belong to this process's user or group where it cannot keep the source's:
	 * the mount shows another anyway. OVERRIDE: an xattr keeps them. */
	bool squashes_uid, squashes_gid, overrides;
	bool metacopy;      /* for a regular file: do not copy the data */
	bool bare;          /* SOURCE is known to have no xattrs to copy */
	bool opaque;        /* for a directory: mark it opaque */
	bool replace;       /* for a directory: take the place of NAME, which moves to WORK */
	unsigned int lacks; /* features that WORK's filesystem lacks (enum upper_lack) */
	/* Without NAME: the name in WORK that keeps the copy alive, or NULL if it needs none. */
	const char *kept;
	enum sync_mode sync_mode; /* how data reach the disk before the name does */
};

/* Returns a descriptor of the copy (O_RDWR of a regular file, else O_PATH), or a negative errno
 * with nothing changed. With REPLACE, ret_old is the name in WORK of the replaced directory; else
 * it may be NULL. */
int copyup_run(const struct copyup_run *what, char ret_old[TEMP_NAME_MAX]);

/* Gives the metacopy TO, open for reading and writing, the first LENGTH bytes of DATA (O_PATH will
 * do), and removes its mark. On an error it stays a metacopy. */
int copyup_fill_metacopy(
	int to, int data, uint64_t length, enum xattr_class class, enum sync_mode sync_mode);

/* Copies all xattrs but the overlay's own; security.capability comes last. */
int copyup_copy_xattrs(int to, int from, enum xattr_class class);
