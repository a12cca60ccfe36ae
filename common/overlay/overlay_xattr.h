/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The names of overlayfs's own xattrs, with either prefix, and their escaped forms. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* The prefix that a mount uses for overlayfs's xattrs: trusted.overlay. if the mounter has
 * CAP_SYS_ADMIN in the initial user namespace, else user.overlay. (mount option userxattr). */
enum xattr_class {
	XATTR_TRUSTED,
	XATTR_USER,
};

/* Where owner, group and mode of a layer's files are stored. */
enum ownership {
	OWNERSHIP_REAL, /* in the inode */
	/* In the xattr user.containers.override_stat, for hosts where a user has a single id. */
	OWNERSHIP_OVERRIDE,
};

#define OVERLAY_XATTR_NAME_MAX 255

#define ACL_ACCESS       "system.posix_acl_access"
#define ACL_DEFAULT      "system.posix_acl_default"
#define CAPABILITY_XATTR "security.capability"

/* Returns the class that this process's own mounts use. Finds it by a trial and remembers it.
 * Returns a negative errno if no trial could be made; then the class is unknown. */
int xattr_class_find(void);
/* Returns the class without a trial. Call it only when a trial has succeeded, as it has in an open
 * store and in a mount. */
enum xattr_class xattr_class_of_process(void);

/*
 * Returns the xattr "overlay.NAME" with the class's prefix: overlay_xattr(XATTR_USER, "opaque") is
 * "user.overlay.opaque". NAME is one of: opaque whiteout redirect metacopy origin impure nlink
 * upper uuid protattr. The string is static.
 */
const char *overlay_xattr(enum xattr_class class, const char *name);

/* Whether NAME is a label that the host's policy or key gives to a file. Such a label means nothing
 * on another host. */
bool xattr_is_host_label(const char *name);
/* True for the overlay's own xattrs of the class, which the mount never shows. False for an escaped
 * name, "...overlay.overlay.X", which a user of the mount has set (see xattr_unescape). */
bool xattr_is_own(enum xattr_class class, const char *name);
bool xattr_is_escaped(enum xattr_class class, const char *name);

/* Writes the name of the xattr NAME on the disk to RET. A user of the mount may set
 * "trusted.overlay.X" as if the mount were a plain filesystem (an overlay inside a container): on
 * the disk this xattr is called "trusted.overlay.overlay.X". Other names stay as they are. Returns
 * -ERANGE if the result is too long. */
int xattr_escape(enum xattr_class class, const char *name, char ret[OVERLAY_XATTR_NAME_MAX + 1]);
/* Undoes xattr_escape in place: removes one "overlay." from an escaped name. */
void xattr_unescape(enum xattr_class class, char *name);
