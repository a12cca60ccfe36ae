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

/* Whether PATH is a mount point, without asking a daemon; a negative errno only if it cannot be
 * told. A missing path is NO. */
int mountpoint_state(const char *path);
/* Like statx(2) of a mount point, but waits at most MILLISECONDS for the filesystem (-ETIMEDOUT).
 * Starts a thread, which stays for as long as the filesystem hangs. */
int mountpoint_stat(const char *path, int milliseconds, struct statx *ret);
/* Asks the same; returns one word of the above. */
int mountpoint_answer(const char *path, int milliseconds);
/* The type of the filesystem that is mounted at PATH ("overlay", "fuse.shale-fuse"), for the caller
 * to free; NULL if there is none. */
int mountpoint_type(const char *path, char **ret);
