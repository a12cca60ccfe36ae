/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copies the files of a layer, with their marks, into a second layer that lies above it. The result
 * shows what a mount of both layers would show. */
#pragma once

#include "common/base/progress.h"
#include "common/overlay/overlay_xattr.h"
#include "common/shale.h"

struct layer_copy {
	int from;  /* root of the layer to copy; it has no redirects where TO has files */
	int to;    /* root of the layer that gets them: empty, or holding the layers above FROM */
	int work;  /* an empty directory on the filesystem of TO, for incomplete files */
	int links; /* a second empty directory there, which remembers files with several names */
	enum xattr_class class;
	bool topmost; /* TO is empty: its root gets the owner, mode, marks and times of FROM's root
		       */
	/* Make hard links to the files of FROM instead of copies. Only allowed if FROM is removed
	 * afterwards: a write to one file would change both. */
	bool link;
	bool live; /* FROM is in use: skip a file that another process removes meanwhile */
	struct progress *progress; /* may be NULL */
};

/* A file keeps its hard links, holes, xattrs and times, and shares its blocks with the copy where
 * the filesystem can. Needs a few descriptors for each level of directories. After an error the
 * caller removes what is left in the directories. */
int layer_copy_run(const struct layer_copy *what, struct shale_error *err);
/* Removes the whiteouts and marks of a layer that has no layer below it. */
int layer_copy_drop_marks(int root, enum xattr_class class, struct shale_error *err);
/* Tries whether a copy of a file in the directory DIR can share its blocks (reflink). */
bool layer_copy_shares(int dir);
