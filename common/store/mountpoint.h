/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is mounted where, seen from this process. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum shale_mountpoint {
	SHALE_MOUNTPOINT_NO,
	SHALE_MOUNTPOINT_YES,
	SHALE_MOUNTPOINT_DEAD, /* of a FUSE daemon that is gone */
};

/* A negative errno only if it cannot be told; what does not exist is NO. */
int shale_mountpoint_state(const char *path);
/* The type of the filesystem that is mounted at PATH ("overlay", "fuse.shale"), for the caller to
 * free; NULL if none is. */
int shale_mountpoint_type(const char *path, char **ret);

/* The number of this process's mount namespace; 0 if /proc does not tell. */
uint64_t shale_mount_namespace(void);
/* Whether a process that we may look at still lives in it, one that is not called EXCEPT (may be
 * NULL). */
bool shale_mount_namespace_lives(uint64_t number, const char *except);
