/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The keeper: a process of one thread that holds a mount's descriptors and its table, and only
 * waits for the worker that serves them. When the worker dies of a signal, another one goes on
 * where it stopped. Both share one table of descriptors (CLONE_FILES), so the worker's open
 * descriptors survive it.
 */
#pragma once

#include "common/shale.h"
#include "fuse/daemon/upgrade.h"
#include "fuse/merge/table/kept_state.h"

struct keeper {
	struct kept_state *kept;
	const char *target;     /* the mount point */
	uint64_t before;        /* id of the mount that TARGET led to before */
	int (*work)(void *arg); /* the worker's work; returns its exit status */
	void *arg;
	struct upgrade upgrade;
};

/*
 * Starts workers until the mount is gone. Returns the last worker's exit status, or a failure after
 * a line on standard error that says why the mount was ended. Passes SIGTERM, SIGINT and SIGUSR1 on
 * to the worker. SIGHUP starts the program that is installed now in place of this one.
 */
int keeper_run(const struct keeper *keeper);
