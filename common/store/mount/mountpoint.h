/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Mount points as this process sees them. */
#pragma once

#include <sys/stat.h>

enum mountpoint {
	MOUNTPOINT_NO,
	MOUNTPOINT_YES,
	MOUNTPOINT_DEAD, /* of a FUSE daemon that is gone */
	MOUNTPOINT_HUNG, /* of a FUSE daemon that does not answer */
};

/* NO or YES, without a question to any daemon; a negative errno only if it cannot be told. What
 * does not exist is NO. */
int mountpoint_state(const char *path);
/* As statx(2), of what is a mount point: waits no longer for its filesystem's answer than is said
 * (-ETIMEDOUT). Starts a thread, which stays for as long as the filesystem hangs. */
int mountpoint_stat(const char *path, int milliseconds, struct statx *ret);
/* The same in one word. */
int mountpoint_answer(const char *path, int milliseconds);
/* The type of the filesystem that is mounted at PATH ("overlay", "fuse.shale"), for the caller to
 * free; NULL if none is. */
int mountpoint_type(const char *path, char **ret);
