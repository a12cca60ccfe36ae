/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The names of overlayfs's own extended attributes, in either prefix, and their escaped forms. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Which prefix a mount uses: trusted.overlay. where the mounter has CAP_SYS_ADMIN in the initial
 * user namespace, user.overlay. elsewhere (mount option userxattr). */
enum xattr_class {
	XATTR_TRUSTED,
	XATTR_USER,
};

/* Where the owner, group and mode of a layer's files are kept. */
enum ownership {
	OWNERSHIP_REAL,     /* in the inode */
	OWNERSHIP_OVERRIDE, /* in user.containers.override_stat, for single-id hosts */
};

#define OVERLAY_XATTR_NAME_MAX 255

#define ACL_ACCESS       "system.posix_acl_access"
#define ACL_DEFAULT      "system.posix_acl_default"
#define CAPABILITY_XATTR "security.capability"

/* The class that this process's own mounts use: a trial, remembered. A negative errno where the
 * trial could not be made, which says nothing about the process. */
int xattr_class_find(void);
/* The same, for those who work with a store or a mount, which would not be there without it. */
enum xattr_class xattr_class_of_process(void);

/* "overlay.NAME" in the class's prefix: overlay_xattr(XATTR_USER, "opaque") is
 * "user.overlay.opaque". NAME is one of: opaque whiteout redirect metacopy origin impure nlink
 * upper uuid protattr. A static string. */
const char *overlay_xattr(enum xattr_class class, const char *name);

/* A label that a host's policy or its key gives to a file: another host's means nothing here. */
bool xattr_is_host_label(const char *name);
/* True for the class's "….overlay.X": the mount's own, never shown to its users; for
 * "….overlay.overlay.X" it is true only of the unescaped reading (see xattr_unescape). */
bool xattr_is_own(enum xattr_class class, const char *name);
bool xattr_is_escaped(enum xattr_class class, const char *name);

/* A user of the mount names "trusted.overlay.X"; on disk that is "trusted.overlay.overlay.X".
 * Writes the on-disk name of NAME to RET (a copy where nothing needs escaping). -ERANGE if it grows
 * too long. */
int xattr_escape(enum xattr_class class, const char *name, char ret[OVERLAY_XATTR_NAME_MAX + 1]);
/* The reverse, in place: drops one "overlay." of an escaped name. */
void xattr_unescape(enum xattr_class class, char *name);
