/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Steps that walks which copy a layer's files share. */
#pragma once

#include <stdbool.h>
#include <sys/stat.h>

#include "common/base/progress.h"
#include "common/overlay/overlay_xattr.h"
#include "common/shale.h"

/* Calls FN for each name of the directory DIRFD, and counts it as progress. Ends at the first
 * negative result, with the name in the words of ERR. */
int copy_walk_each(int dirfd, struct progress *progress, int (*fn)(void *arg, const char *name),
	void *arg, struct shale_error *err);

/* If copy_walk_note has noted a copy of the file with the stat ST, makes NAME in TO a hard link to
 * this copy. Returns false if no copy is noted: the caller copies the file. */
bool copy_walk_link(int links, const struct stat *st, int to, const char *name);
/* Notes in the directory LINKS that NAME in TO is a copy of the file with the stat ST. Does nothing
 * if the file has only one name. */
int copy_walk_note(int links, const struct stat *st, int to, const char *name);

/* Sets the times in ST on the directory FD, because its new names or marks have changed them. */
int copy_walk_times(int fd, const struct stat *st);
/* Copies owner, mode, xattrs and times of the directory FROM to TO, which exists already. */
int copy_walk_root(int to, int from, enum xattr_class class);
