/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Serves one mount, from its options to its unmount. */
#pragma once

#include "fuse/daemon/options.h"

/* Mounts at TARGET, calls MOUNTED when the mount can be used, and serves; returns after the
 * unmount. */
struct serve_run {
	const struct daemon_options *options;
	const char *target;
	bool debug;
	void (*mounted)(void *arg);
	/* Index=on was asked for, but is impossible because of WHY. */
	void (*no_index)(void *arg, const char *why);
	/* The upper filesystem lacks FEATURE. May be NULL. */
	void (*lacks)(void *arg, const char *feature, const char *instead);
	/* The process will be killed after that many seconds of work: it cannot raise its caller's
	 * limit. */
	void (*limited)(void *arg, unsigned long seconds);
	void *arg;
	/* For another worker; if an earlier one has made it complete, that one's mount is served
	 * on: nothing is mounted, and MOUNTED is not called. NULL: the mount ends with the
	 * process. */
	struct kept *kept;
	const struct upgrade *upgrade;
};
/* Locks the file that says that the daemon lives: the descriptor, or -1 where none was asked for; a
 * negative errno. With a keeper it is the keeper's. */
int serve_hold_witness(const struct daemon_options *options, int *ret, struct shale_error *err);
int serve_run(const struct serve_run *serve, struct shale_error *err);
