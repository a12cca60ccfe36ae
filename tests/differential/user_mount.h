/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Mounts of a user without capabilities, who is not root in a user namespace. */
#pragma once

#define PLAIN_ID 65534 /* nobody, who exists on every machine */

/* Makes this process a plain user without capabilities. The user owns SCRATCH, and may use
 * /dev/fuse. */
int user_become(const char *scratch);
/* Mounts an overlay in a user namespace of the caller. Returns a descriptor of its root, or a
 * negative errno. The caller has no path to the mount, which ends with the last descriptor. */
int user_mount_overlay(const char *data, const char *target);
/* Unmounts a FUSE filesystem. */
int user_umount(const char *target);
