/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The keeper: a process of one thread that holds a mount's descriptors and its table, and does
 * nothing but wait for the worker that serves them. When the worker dies of a signal, another one
 * goes on where it stopped. Both have one table of descriptors (CLONE_FILES), so that nothing that
 * the worker had open is lost with it.
 */
#pragma once

#include "common/shale.h"
#include "fuse/daemon/upgrade.h"
#include "fuse/merge/table/kept.h"

struct keeper {
	struct kept *kept;
	const char *target;     /* the mount point */
	int (*work)(void *arg); /* runs in the worker: serves; returns the process's exit status */
	void *arg;
	struct upgrade upgrade;
};

/* Returns an exit status once the mount is gone: the worker's, or a failure after a line to
 * standard error that says why the mount was ended. SIGTERM, SIGINT and SIGUSR1 are the worker's;
 * SIGHUP starts the program that is installed now in this one's place. */
int keeper_run(const struct keeper *keeper);
