/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds which of overlayfs's own xattrs an inode has. Most inodes have none. One call of
 * listxattr(2) shows that, and saves a call for each xattr. */
#pragma once

#include "common/overlay/overlay_xattr.h"

enum mark {
	MARK_OPAQUE = 1,
	MARK_IMPURE = 2,
	MARK_ORIGIN = 4,
	MARK_REDIRECT = 8,
	MARK_METACOPY = 16,
	MARK_NLINK = 32, /* it is, or was, in an index */
	MARK_WHITEOUT = 64,
	MARK_ENGINE_OPAQUE = 128, /* opaque in the form of fuse-overlayfs */
	MARK_ALL = 255,
	MARK_BARE = 256, /* the inode has no xattr at all */
};

/* Returns the marks of NAME in DIRFD (bits of enum mark), or a negative errno. If the list is too
 * long to read, returns all marks. */
int marks_get_at(int dirfd, const char *name, enum xattr_class class);
/* Returns the marks of FD (O_PATH will do) like marks_get_at. */
int marks_get(int fd, enum xattr_class class);
