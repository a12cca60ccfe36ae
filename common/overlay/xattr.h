/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The names of overlayfs's own extended attributes, in either prefix, and their escaped forms. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Which prefix a mount uses: trusted.overlay. where the mounter has CAP_SYS_ADMIN in the initial
 * user namespace, user.overlay. elsewhere (mount option userxattr). */
enum shale_xattr_class {
	SHALE_XATTR_TRUSTED,
	SHALE_XATTR_USER,
};

/* Where the owner, group and mode of a layer's files are kept. */
enum shale_ownership {
	SHALE_OWNERSHIP_REAL,     /* in the inode */
	SHALE_OWNERSHIP_OVERRIDE, /* in user.containers.override_stat, for single-id hosts */
};

#define SHALE_XATTR_NAME_MAX 255

#define SHALE_ACL_ACCESS  "system.posix_acl_access"
#define SHALE_ACL_DEFAULT "system.posix_acl_default"
#define SHALE_CAPABILITY  "security.capability"

/* The class that this process's own mounts use: a trial, remembered. A negative errno where the
 * trial could not be made, which says nothing about the process. */
int shale_xattr_class_find(void);
/* The same, for those who work with a store or a mount, which would not be there without it. */
enum shale_xattr_class shale_xattr_class_of_process(void);

/* "overlay.NAME" in the class's prefix: shale_overlay_xattr(SHALE_XATTR_USER, "opaque") is
 * "user.overlay.opaque". NAME is one of: opaque whiteout redirect metacopy origin impure nlink
 * upper uuid protattr. A static string. */
const char *shale_overlay_xattr(enum shale_xattr_class class, const char *name);

/* A label that a host's policy or its key gives to a file: another host's means nothing here. */
bool shale_xattr_is_host_label(const char *name);
/* True for the class's "….overlay.X": the mount's own, never shown to its users; for
 * "….overlay.overlay.X" it is true only of the unescaped reading (see shale_xattr_unescape). */
bool shale_xattr_is_own(enum shale_xattr_class class, const char *name);
bool shale_xattr_is_escaped(enum shale_xattr_class class, const char *name);

/* A user of the mount names "trusted.overlay.X"; on disk that is "trusted.overlay.overlay.X".
 * Writes the on-disk name of NAME to RET (a copy where nothing needs escaping). -ERANGE if it grows
 * too long. */
int shale_xattr_escape(
	enum shale_xattr_class class, const char *name, char ret[SHALE_XATTR_NAME_MAX + 1]);
/* The reverse, in place: drops one "overlay." of an escaped name. */
void shale_xattr_unescape(enum shale_xattr_class class, char *name);
