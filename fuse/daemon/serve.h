/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Serves one mount, from its options to its unmount. */
#pragma once

#include "fuse/daemon/options.h"

/* Mounts at TARGET, calls MOUNTED when the mount can be used, and serves until the unmount. Call
 * process_own first, in this process or in the one that started it. */
struct serve_run {
	const struct daemon_options *options;
	const char *target;
	bool debug;
	void (*mounted)(void *arg);
	/* Called if the option index=on cannot be met; WHY says the reason. */
	void (*no_index)(void *arg, const char *why);
	/* Called if the mount is read-only because "work" could not be made in the directory WORK;
	 * ERROR is the errno. */
	void (*no_work)(void *arg, const char *work, int error);
	/* Called for each FEATURE that the upper filesystem lacks; INSTEAD says what is done
	 * without it. May be NULL. */
	void (*lacks)(void *arg, const char *feature, const char *instead);
	void *arg;
	/* State for the next worker; NULL: the mount ends with this process. If an earlier worker
	 * has completed the state, this process serves that worker's mount: it mounts nothing, and
	 * does not call MOUNTED. */
	struct kept_state *kept;
	const struct upgrade *upgrade;
};
/* Locks the file of the option lock_file, which shows other processes that the daemon lives. RET
 * gets the descriptor; -1 without the option. If there is a keeper, it holds the lock. */
int serve_hold_witness(const struct daemon_options *options, int *ret, struct shale_error *err);
int serve_run(const struct serve_run *serve, struct shale_error *err);
