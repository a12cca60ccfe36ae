/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The names of overlayfs's own xattrs, with either prefix, and their escaped forms. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* The prefix that a mount uses: trusted.overlay. if the mounter has CAP_SYS_ADMIN in the initial
 * user namespace, else user.overlay. (mount option userxattr). */
enum xattr_class {
	XATTR_TRUSTED,
	XATTR_USER,
};

/* The place of the owner, group and mode of a layer's files. */
enum ownership {
	OWNERSHIP_REAL,     /* kept in the inode */
	OWNERSHIP_OVERRIDE, /* kept in user.containers.override_stat, for single-id hosts */
};

#define OVERLAY_XATTR_NAME_MAX 255

#define ACL_ACCESS       "system.posix_acl_access"
#define ACL_DEFAULT      "system.posix_acl_default"
#define CAPABILITY_XATTR "security.capability"

/* The class that this process's own mounts use, found by a trial and remembered. A negative errno
 * if the trial could not be made, which says nothing about the class. */
int xattr_class_find(void);
/* The same, for code that runs after the trial has succeeded: an open store or a mount. */
enum xattr_class xattr_class_of_process(void);

/* The xattr "overlay.NAME" with the class's prefix: overlay_xattr(XATTR_USER, "opaque") is
 * "user.overlay.opaque". NAME is one of: opaque whiteout redirect metacopy origin impure nlink
 * upper uuid protattr. A static string. */
const char *overlay_xattr(enum xattr_class class, const char *name);

/* Whether NAME is a label that the host's policy or key gives to a file: it means nothing on
 * another host. */
bool xattr_is_host_label(const char *name);
/* True for the overlay's own xattrs of the class, which the mount never shows. False for an escaped
 * name, "...overlay.overlay.X", which a user of the mount has set (see xattr_unescape). */
bool xattr_is_own(enum xattr_class class, const char *name);
bool xattr_is_escaped(enum xattr_class class, const char *name);

/* Writes the on-disk name of the xattr NAME to RET: what a user of the mount calls
 * "trusted.overlay.X" is "trusted.overlay.overlay.X" on the disk. A name that needs no escaping is
 * copied. -ERANGE if the result is too long. */
int xattr_escape(enum xattr_class class, const char *name, char ret[OVERLAY_XATTR_NAME_MAX + 1]);
/* The reverse, in place: removes one "overlay." of an escaped name. */
void xattr_unescape(enum xattr_class class, char *name);
