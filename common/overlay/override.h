/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Ownership kept in an xattr, for hosts where the process may not chown:
 * "user.containers.override_stat" holds "UID:GID:MODE[:TYPE]", MODE in octal with the permission
 * bits, TYPE one of "file", "dir", "symlink", "pipe", "socket", "char-MAJOR-MINOR",
 * "block-MAJOR-MINOR" (the format of containers/storage and fuse-overlayfs).
 */
#pragma once

#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "common/overlay/overlay_xattr.h"

#define OVERRIDE_XATTR "user.containers.override_stat"

/* security.* xattrs and ACLs, which such a host cannot set either, are kept under their own name
 * behind this prefix: "user.containers.override_security.capability". */
#define OVERRIDE_XATTR_PREFIX "user.containers.override_"

/* The name on the disk of an xattr that is kept behind the prefix: 1; 0 for one that is not;
 * -ERANGE if it grows too long. */
int override_name(const char *name, char ret[OVERLAY_XATTR_NAME_MAX + 1]);
/* A name of this host's, which nothing that an image or a user calls so may be given. */
bool override_is_reserved(const char *name);
/* The name under which the mount shows the xattr DISK: a part of it, DISK itself, or NULL if it
 * is hidden. An xattr of the inode that should lie behind the prefix belongs to the host, but
 * for capabilities: podman unpacks them as they are. */
const char *override_shown(const char *disk);

/* Puts what the xattr of FD (O_PATH will do) says over ST. Without an xattr ST stays. A value that
 * cannot be read is -EINVAL. */
int override_get(int fd, struct stat *st);
/* The same of the N bytes VALUE of the xattr, which has room for one more, or of the negative errno
 * N of reading it. */
int override_apply(ssize_t n, char *value, struct stat *st);
/* Writes ST's owner, mode, type and device number to FD. -EOPNOTSUPP or -EPERM for a symbolic link.
 */
int override_set(int fd, const struct stat *st);
int override_parse(const char *value, struct stat *st);
