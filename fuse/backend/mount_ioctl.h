/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Asks the daemon of a mount by an ioctl of the mount's root. */
#pragma once

#include <stddef.h>

#include "common/shale.h"

struct mount_ioctl_result {
	int code;
	const char *why, *remedy; /* texts for the error; REMEDY may be "" */
};

struct mount_ioctl {
	const char *action; /* for errors: "ACTION 'TARGET': WHY" */
	int most;           /* ms: the call fails with -ETIMEDOUT after this time */
	/* Does the ioctl on FD, the mount's root. */
	int (*ask)(int fd, void *data);
	/* Explains the results of this ioctl; results that every ioctl may have are known. */
	const struct mount_ioctl_result *results;
	size_t n_results;
};

/* Calls ASK for the mount at TARGET, in a thread with a time limit, with a copy of the SIZE bytes
 * at DATA. Copies them back to DATA, unless the call ends with -ETIMEDOUT. Returns the result of
 * ASK, or a negative errno with words: -EOPNOTSUPP if the mount is none of shale-fuse's, or its
 * shale-fuse does not know the ioctl. */
int mount_ioctl(const struct mount_ioctl *what, const char *target, void *data, size_t size,
	struct shale_error *err);
