/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The flags that chattr(1) sets, as overlayfs keeps them: what makes a file immutable or
 * append-only is an xattr of the upper file (protattr), for the file itself must still take names
 * and xattrs of the overlay's; all others are the upper file's own.
 */
#pragma once

#include "common/overlay/overlay_xattr.h"

#include <linux/fs.h>
#include <stdbool.h>
#include <sys/stat.h>

#define PROTECTED_FL (FS_IMMUTABLE_FL | FS_APPEND_FL)

/* The stat of NAME in DIRFD itself, not of what it may link to; RET_PROTECTED: it may have one of
 * these flags. A filesystem that has no such flags may still say so. */
int stat_at(int dirfd, const char *name, struct stat *ret, bool *ret_protected);

/* FS_IMMUTABLE_FL and FS_APPEND_FL as FD (O_PATH will do) has them itself, with UPPER also as its
 * xattr says. */
int protection_get(int fd, bool upper, enum xattr_class class);
/* Writes the xattr of an upper file, or removes it. -EPERM where it can have none. */
int protattr_set(int fd, int flags, enum xattr_class class);

/* Gives an upper copy what the kernel's copy-up takes along: protection as the xattr, "noatime" and
 * "sync". The descriptors may be O_PATH. Only regular files and directories have flags. */
int fileattr_copy(int to, int from, enum xattr_class class);
