/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Serves one mount, from its options to its unmount. */
#pragma once

#include "fuse/daemon/options.h"

/* Mounts at TARGET, calls MOUNTED when the mount can be used, and serves; returns after the
 * unmount. Call process_own first, or run in a worker of a process that has done so. */
struct serve_run {
	const struct daemon_options *options;
	const char *target;
	bool debug;
	void (*mounted)(void *arg);
	/* Called if index=on was asked for, but is impossible because of WHY. */
	void (*no_index)(void *arg, const char *why);
	/* Called if the mount is read-only, because "work" cannot be made in WORK: errno ERROR. */
	void (*no_work)(void *arg, const char *work, int error);
	/* Called for each FEATURE that the upper filesystem lacks; INSTEAD says what the mount does
	 * instead. May be NULL. */
	void (*lacks)(void *arg, const char *feature, const char *instead);
	void *arg;
	/*
	 * The state for another worker; NULL: the mount ends with this process. If an earlier
	 * worker has completed the state, its mount is served on: nothing is mounted, and MOUNTED
	 * is not called.
	 */
	struct kept_state *kept;
	const struct upgrade *upgrade;
};
/* Locks the option's lock_file, which tells others that the daemon lives. Puts the descriptor into
 * RET, or -1 if there is no such option. If there is a keeper, the keeper holds the lock. */
int serve_hold_witness(const struct daemon_options *options, int *ret, struct shale_error *err);
int serve_run(const struct serve_run *serve, struct shale_error *err);
