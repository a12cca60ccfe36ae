/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whiteouts and opaque directories: how an upper layer says that a lower name is gone. */
#pragma once

#include <stdbool.h>
#include <sys/stat.h>

#include "common/overlay/overlay_xattr.h"

/* A character device 0/0 (kernel: Documentation/filesystems/overlayfs.rst, "whiteouts"). */
bool stat_is_whiteout(const struct stat *st);

enum opaque {
	OPAQUE_NO,
	OPAQUE_YES,        /* "y": hides the lower directories */
	OPAQUE_XWHITEOUTS, /* "x": merged; its empty files may be xattr whiteouts */
};
/* Reads the opaque mark of the directory FD (O_PATH will do); or a negative errno. */
int opaque_get(int fd, enum xattr_class class);
/* The same of the N bytes VALUE of the mark, or of the negative errno N of reading it. */
int opaque_parse(ssize_t n, const char *value);
int opaque_set(int fd, enum xattr_class class);

/* 1 if NAME in the directory DIRFD is an xattr whiteout, which is a regular empty file; 0; or a
 * negative errno. The mark "x" of the directory tells who lists it to ask; a lookup always asks. */
int name_is_xattr_whiteout(int dirfd, const char *name, enum xattr_class class);

/* The same of what is known to be a regular empty file. */
int name_has_whiteout_xattr(int dirfd, const char *name, enum xattr_class class);

/* Makes a whiteout NAME in DIRFD; -EEXIST if NAME is taken. */
int whiteout_make(int dirfd, const char *name);
/* A whiteout that a stream had as a device: one that can be told from the others by its mode. */
int whiteout_make_device(int dirfd, const char *name);
bool stat_is_device_whiteout(const struct stat *st);
