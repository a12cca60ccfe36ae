/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which of the overlay's own extended attributes an inode has: most have none, and one system call
 * tells that of them all. */
#pragma once

#include "common/overlay/xattr.h"

enum shale_mark {
	SHALE_MARK_OPAQUE = 1,
	SHALE_MARK_IMPURE = 2,
	SHALE_MARK_ORIGIN = 4,
	SHALE_MARK_REDIRECT = 8,
	SHALE_MARK_METACOPY = 16,
	SHALE_MARK_NLINK = 32, /* it is, or was, in an index */
	SHALE_MARK_WHITEOUT = 64,
	SHALE_MARK_ALL = 127,
};

/* The marks of NAME in DIRFD, or a negative errno. A list too long to be read counts as all. */
int shale_marks_get_at(int dirfd, const char *name, enum shale_xattr_class class);
/* The same of FD (O_PATH will do). */
int shale_marks_get(int fd, enum shale_xattr_class class);
