/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whiteouts and opaque directories: the marks by which an upper layer hides lower names. */
#pragma once

#include <stdbool.h>
#include <sys/stat.h>

#include "common/overlay/overlay_xattr.h"

/* A character device 0/0 (kernel: Documentation/filesystems/overlayfs.rst, "whiteouts"). */
bool stat_is_whiteout(const struct stat *st);

enum opaque {
	OPAQUE_NO,
	OPAQUE_YES,        /* "y": hides the lower directories */
	OPAQUE_XWHITEOUTS, /* "x": is merged; its empty files may be xattr whiteouts */
};
/* Reads the opaque mark of the directory FD (O_PATH will do); returns one of these, or a negative
 * errno. */
int opaque_get(int fd, enum xattr_class class);
/* The same for the N bytes VALUE of the mark; N may be the negative errno of reading it. */
int opaque_parse(ssize_t n, const char *value);
int opaque_set(int fd, enum xattr_class class);

/* Returns 1 if NAME in DIRFD, which must be an empty regular file, is an xattr whiteout; 0; or a
 * negative errno. A listing asks only in directories with the mark "x"; a lookup always asks. */
int name_has_whiteout_xattr(int dirfd, const char *name, enum xattr_class class);

/* Makes a whiteout NAME in DIRFD; -EEXIST if NAME is taken. */
int whiteout_make(int dirfd, const char *name);
/* The same as an xattr whiteout, for filesystems without such devices. */
int whiteout_make_marked(int dirfd, const char *name, enum xattr_class class);
/* Marks the directory FD as one that may hold xattr whiteouts. */
int xwhiteouts_set(int fd, enum xattr_class class);
/* Makes a whiteout that was a device in the stream; its mode tells it from the others. */
int whiteout_make_device(int dirfd, const char *name);
bool stat_is_device_whiteout(const struct stat *st);
