/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The keeper: a process of one thread that holds a mount's descriptors and its table, and only
 * waits for its worker, the process that serves the mount. If the worker dies of a signal, the
 * keeper starts another one, which goes on where the first one stopped. Keeper and workers share
 * one table of descriptors (CLONE_FILES), so descriptors that a worker has opened survive it. */
#pragma once

#include "common/shale.h"
#include "fuse/daemon/upgrade.h"
#include "fuse/merge/table/kept_state.h"

struct keeper {
	struct kept_state *kept;
	const char *target;     /* the mount point */
	uint64_t before;        /* id of the mount that TARGET led to before this mount was made */
	int (*work)(void *arg); /* the worker's work; returns its exit status */
	void *arg;
	struct upgrade upgrade;
};

/* Starts workers until the mount is gone. Returns the last worker's exit status; or, if it gives
 * up, a failure, with a line on standard error that says why. Passes SIGTERM, SIGINT and SIGUSR1 on
 * to the worker. SIGHUP makes the keeper continue as the program that is installed now. */
int keeper_run(const struct keeper *keeper);
