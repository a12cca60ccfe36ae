/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The flags that chattr(1) sets, as overlayfs keeps them. An immutable or append-only upper file
 * has an xattr (protattr) and not the flag, because overlayfs must still be able to link and mark
 * the file. All other flags are set on the upper file itself.
 */
#pragma once

#include "common/overlay/overlay_xattr.h"

#include <linux/fs.h>
#include <stdbool.h>
#include <sys/stat.h>

#define PROTECTED_FL (FS_IMMUTABLE_FL | FS_APPEND_FL)

/* Calls lstat(2) for NAME in DIRFD. RET_PROTECTED says that the file may be immutable or
 * append-only. On a filesystem without flags it may be true by mistake. */
int chattr_flags_stat_at(int dirfd, const char *name, struct stat *ret, bool *ret_protected);

/* Returns those of FS_IMMUTABLE_FL and FS_APPEND_FL that FD (O_PATH will do) has; with UPPER also
 * those in its xattr. */
int chattr_flags_protection(int fd, bool upper, enum xattr_class class);
/* Writes the flags into the xattr of an upper file, or removes the xattr if there are none. Returns
 * -EPERM if the file can have no xattr. */
int chattr_flags_set_protection(int fd, int flags, enum xattr_class class);

/* Gives an upper copy the flags that the kernel's copy-up keeps: protection as the xattr, "noatime"
 * and "sync". The descriptors may be O_PATH. Only regular files and directories have flags. */
int chattr_flags_copy(int to, int from, enum xattr_class class);
