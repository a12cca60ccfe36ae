/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copies the files of a layer as they lie on the disk, marks included, into another layer: beside
 * what that layer has, as if the copied one lay below it. */
#pragma once

#include "common/base/progress.h"
#include "common/overlay/overlay_xattr.h"
#include "common/shale.h"

struct layer_copy {
	int from;  /* root of the layer to copy; it has no redirects where TO has files */
	int to;    /* root of the layer that gets them: empty, or holding the layers above FROM */
	int work;  /* an empty directory on the filesystem of TO, for incomplete files */
	int links; /* another one, for files with several names; it may be used again */
	enum xattr_class class;
	bool topmost; /* TO is empty: its root gets the owner, mode, marks and times of FROM's */
	/* Give each file that is no directory one more name instead of a copy: only if FROM is
	 * removed next, since writes would reach both. */
	bool link;
	bool live;                 /* a file of FROM may be removed meanwhile: leave it out */
	struct progress *progress; /* may be NULL */
};

/* A file keeps its hard links, holes, xattrs and times, and shares its blocks with the copy where
 * the filesystem can. Needs a few descriptors for each level of directories. After an error the
 * caller removes what is left in the directories. */
int layer_copy_run(const struct layer_copy *what, struct shale_error *err);
/* Removes the whiteouts and the marks of a layer that has none below it. */
int layer_copy_drop_marks(int root, enum xattr_class class, struct shale_error *err);
/* Whether files in the directory DIR can share blocks: a trial. */
bool layer_copy_shares(int dir);
