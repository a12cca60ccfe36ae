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

/* Prefix of the xattrs security.* and of ACLs, which such a host cannot set either:
 * "user.containers.override_security.capability". */
#define OVERRIDE_XATTR_PREFIX "user.containers.override_"

/* Returns 1 and the on-disk name of an xattr that is kept behind the prefix; 0 for any other xattr;
 * -ERANGE if the result is too long. */
int override_name(const char *name, char ret[OVERLAY_XATTR_NAME_MAX + 1]);
/* Whether NAME is reserved for this host: no image and no user may set an xattr of that name. */
bool override_is_reserved(const char *name);
/* The name under which the mount shows the xattr DISK: a part of it, DISK itself, or NULL if it is
 * hidden. The inode's own security.* xattrs and ACLs belong to the host and are hidden, except
 * capabilities: podman unpacks them as they are. */
const char *override_shown(const char *disk);

/* Replaces the fields of ST by those that the xattr of FD (O_PATH will do) tells. Without the xattr
 * ST stays as it is. A malformed value is -EINVAL. */
int override_get(int fd, struct stat *st);
/* The same for the N bytes VALUE of the xattr, with room for one more byte; N may be the negative
 * errno of reading it. */
int override_apply(ssize_t n, char *value, struct stat *st);
/* From now on override_set writes the xattr of fuse-overlayfs instead, which that program looks for
 * in every file of a layer whose root has it. */
void override_keep_engine_name(void);
bool override_has_engine_name(void);
/* Writes ST's owner, mode, type and device number to the xattr of FD. -EOPNOTSUPP or -EPERM for a
 * symbolic link. */
int override_set(int fd, const struct stat *st);
int override_parse(const char *value, struct stat *st);
