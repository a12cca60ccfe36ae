/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whiteouts and opaque directories: the marks by which an upper layer hides lower names. */
#pragma once

#include <stdbool.h>
#include <sys/stat.h>

#include "common/overlay/overlay_xattr.h"

/* Whether ST is a character device 0/0 (kernel: Documentation/filesystems/overlayfs.rst,
 * "whiteouts"). */
bool stat_is_whiteout(const struct stat *st);

enum opaque {
	OPAQUE_NO,
	OPAQUE_YES,        /* "y": hides the lower directories */
	OPAQUE_XWHITEOUTS, /* "x": is merged; empty files in it may be xattr whiteouts */
};
/* Reads the opaque mark of the directory FD (O_PATH will do). Returns an enum opaque, or a negative
 * errno. */
int opaque_get(int fd, enum xattr_class class);
/* Parses the N bytes VALUE of the mark; returns like opaque_get. N may be the negative errno of
 * reading the mark. */
int opaque_parse(ssize_t n, const char *value);
int opaque_set(int fd, enum xattr_class class);

/* Returns 1 if NAME in DIRFD, an empty regular file, is an xattr whiteout, 0 if not, or a negative
 * errno. A listing asks only in directories with the mark "x"; a lookup always asks. */
int name_has_whiteout_xattr(int dirfd, const char *name, enum xattr_class class);

/* Makes a device whiteout called NAME in DIRFD. Returns -EEXIST if NAME is taken. */
int whiteout_make(int dirfd, const char *name);
/* Makes an xattr whiteout called NAME in DIRFD, for filesystems that cannot have such devices. */
int whiteout_make_marked(int dirfd, const char *name, enum xattr_class class);
/* Marks the directory FD as one that may hold xattr whiteouts. */
int xwhiteouts_set(int fd, enum xattr_class class);
/* Makes a whiteout for a device 0/0 of a stream. Its mode tells it from the whiteouts for .wh.NAME.
 */
int whiteout_make_device(int dirfd, const char *name);
bool stat_is_device_whiteout(const struct stat *st);
