/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Asks the daemon of a mount by an ioctl of the mount's root. */
#pragma once

#include <stddef.h>

#include "common/shale.h"

struct mount_ioctl_result {
	int code;
	const char *why, *remedy; /* REMEDY may be "" */
};

struct mount_ioctl {
	const char *action; /* for errors: "ACTION 'TARGET': WHY" */
	int most;           /* ms until the call fails with -ETIMEDOUT */
	/* Asks the daemon at the mount's root FD. */
	int (*ask)(int fd, void *data);
	/* What results of ASK mean; the rows that hold for each ioctl are left out. */
	const struct mount_ioctl_result *results;
	size_t n_results;
};

/* Calls ASK for the mount at TARGET with a copy of the SIZE bytes at DATA, which become what ASK
 * has made of them, but not after -ETIMEDOUT. Returns the result of ASK, or a negative errno with
 * words: -EOPNOTSUPP if no shale-fuse serves the mount, or one that does not know the ioctl. */
int mount_ioctl(const struct mount_ioctl *what, const char *target, void *data, size_t size,
	struct shale_error *err);
