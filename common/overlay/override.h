/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Owner, mode and type in an xattr, for hosts where the process may not chown.
 * "user.containers.override_stat" is "UID:GID:MODE[:TYPE]": MODE has the permission bits in octal,
 * TYPE is one of "file", "dir", "symlink", "pipe", "socket", "char-MAJOR-MINOR",
 * "block-MAJOR-MINOR". It is the format of containers/storage and fuse-overlayfs.
 */
#pragma once

#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "common/overlay/overlay_xattr.h"

#define OVERRIDE_XATTR "user.containers.override_stat"

/* Prefix for xattrs security.* and ACLs, which such a host cannot set either. Example:
 * "user.containers.override_security.capability". */
#define OVERRIDE_XATTR_PREFIX "user.containers.override_"

/* Puts the on-disk name of an xattr that is stored with the prefix into RET, and returns 1. Returns
 * 0 for any other xattr, -ERANGE if the result is too long. */
int override_name(const char *name, char ret[OVERLAY_XATTR_NAME_MAX + 1]);
/* Whether NAME is reserved for this format: no image and no user may set an xattr of that name. */
bool override_is_reserved(const char *name);
/*
 * Returns the name under which the mount shows the xattr DISK: a part of DISK, or DISK itself.
 * Returns NULL if the xattr is hidden. The inode's own security.* xattrs and ACLs belong to the
 * host and are hidden. Capabilities are shown, because podman unpacks them without the prefix.
 */
const char *override_shown(const char *disk);

/* Replaces the fields of ST by those in the xattr of FD (O_PATH will do). If there is no xattr, ST
 * stays as it is. Returns -EINVAL for a malformed value. */
int override_get(int fd, struct stat *st);
/* Replaces the fields of ST by those in VALUE, the N bytes of the xattr with room for one more. N
 * may be the negative errno of reading the xattr. */
int override_apply(ssize_t n, char *value, struct stat *st);
/* From now on override_set writes the xattr of fuse-overlayfs instead. If the root of a layer has
 * that xattr, fuse-overlayfs looks for it in every file. */
void override_keep_engine_name(void);
bool override_has_engine_name(void);
/* Writes ST's owner, mode, type and device number to the xattr of FD. Returns -EOPNOTSUPP or -EPERM
 * for a symbolic link. */
int override_set(int fd, const struct stat *st);
int override_parse(const char *value, struct stat *st);
