/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The mount points that this process sees. */
#pragma once

#include <sys/stat.h>

enum mountpoint {
	MOUNTPOINT_NO,
	MOUNTPOINT_YES,
	MOUNTPOINT_DEAD, /* a FUSE mount whose daemon is gone */
	MOUNTPOINT_HUNG, /* a FUSE mount whose daemon does not answer */
};

/* Returns the state of PATH without asking a daemon: MOUNTPOINT_NO if it is no mount point, or is
 * missing; a negative errno only if it cannot be found out. */
int mountpoint_state(const char *path);
/* Calls statx(2) on a mount point, but waits at most MILLISECONDS for the filesystem
 * (-ETIMEDOUT). Starts a thread for it, which stays as long as the filesystem hangs. */
int mountpoint_stat(const char *path, int milliseconds, struct statx *ret);
/* Returns the state of a mount point like mountpoint_state, but asks its daemon and waits at
 * most MILLISECONDS. */
int mountpoint_answer(const char *path, int milliseconds);
/* Finds the type of the filesystem that is mounted at PATH ("overlay", "fuse.shale-fuse"). The
 * caller frees *RET, which is NULL if there is no mount. */
int mountpoint_type(const char *path, char **ret);
