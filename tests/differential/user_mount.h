/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Mounts of a user without capabilities, who is not root in a user namespace. */
#pragma once

#define PLAIN_ID 65534 /* nobody, who exists on every machine */

/* Makes the process a user without root's rights, who may use /dev/fuse and owns SCRATCH. */
int user_become(const char *scratch);
/* Mounts an overlay in a user namespace of the caller. Returns a descriptor of its root, or a
 * negative errno. The mount has no path for the caller, and ends with its last descriptor. */
int user_mount_overlay(const char *data, const char *target);
/* Unmounts a FUSE filesystem. */
int user_umount(const char *target);
