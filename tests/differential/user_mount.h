/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Mounts of a user without capabilities, who is not root in a user namespace. */
#pragma once

#define PLAIN_ID 65534 /* nobody: there on every machine */

/* Root becomes such a user, who may use /dev/fuse and owns SCRATCH. */
int user_become(const char *scratch);
/* Mounts an overlay in a user namespace of the caller's, and returns a descriptor of its root, or a
 * negative errno. The mount has no name for the caller, and ends with the last descriptor of it. */
int user_mount_overlay(const char *data, const char *target);
/* Unmounts a FUSE filesystem. */
int user_umount(const char *target);
