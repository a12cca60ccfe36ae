/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copy-up: makes an upper copy of a lower file, complete or absent. Regular files are made without
 * a name and linked last. All other types are made in the work directory and renamed into place. */
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
	/* O_PATH descriptor of the file with the data of a regular file: SOURCE or another file. */
	int data;
	/* Stat of the source, with the owner and mode that the copy must have on the disk. */
	const struct stat *st;
	int work;         /* work directory, on the upper filesystem */
	int dir;          /* upper directory that gets the copy */
	const char *name; /* NULL: the copy, which must not be a directory, stays without a name */
	uint64_t length;  /* how many bytes of a regular file to copy; the rest is cut off */
	enum xattr_class class;
	const struct origin *origin; /* NULL: write no origin mark (a broken hard link) */
	/* For an index entry: how many links the mount shows beyond the copy's own. */
	int more_links;
	/* If the copy cannot have the source's owner or group, it may have those of this process:
	 * the mount shows the squashed id anyway, or with OVERRIDES an xattr keeps the source's. */
	bool squashes_uid, squashes_gid, overrides;
	bool metacopy;      /* make a metacopy of a regular file: do not copy the data */
	bool bare;          /* SOURCE is known to have no xattrs to copy */
	bool opaque;        /* mark the copied directory opaque */
	bool replace;       /* the directory takes the place of NAME, which moves to WORK */
	unsigned int lacks; /* features that WORK's filesystem lacks (enum upper_lack) */
	/* For a copy without NAME: the name in WORK that keeps the copy alive, or NULL if it needs
	 * none. */
	const char *kept;
	enum sync_mode sync_mode; /* how the data reach the disk before the name is made */
};

/*
 * Makes the copy. Returns its descriptor (O_RDWR for a regular file, else O_PATH), or a negative
 * errno with nothing changed. With REPLACE, RET_OLD gets the replaced directory's name in WORK;
 * otherwise it may be NULL.
 */
int copyup_run(const struct copyup_run *what, char ret_old[TEMP_NAME_MAX]);

/* Gives a metacopy the first LENGTH bytes of DATA (O_PATH will do), and removes its mark. TO is the
 * metacopy, open for reading and writing. After an error it is still a metacopy. */
int copyup_fill_metacopy(
	int to, int data, uint64_t length, enum xattr_class class, enum sync_mode sync_mode);

/* Copies all xattrs but the overlay's own; security.capability comes last. */
int copyup_copy_xattrs(int to, int from, enum xattr_class class);
