/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs a function in namespaces of its own, with a time limit. All that it mounts or starts ends
 * with it, even a FUSE daemon that hangs. */
#pragma once

#include <stdbool.h>
#include <stdio.h>

struct sandbox_shared {
	unsigned fuse_connections[8]; /* aborted if the function hangs */
	char doing[4096];             /* text of the present step, for the report */
};

struct sandbox_options {
	bool userns;
	bool one_id;      /* map only the caller's own id */
	unsigned timeout; /* seconds */
};

/* The function to run. It writes to REPORT, and returns a status from 0 to 99. */
typedef int sandbox_fn(struct sandbox_shared *shared, void *arg, FILE *report);

#define SANDBOX_TIMEOUT 100
#define SANDBOX_CRASHED 101
#define SANDBOX_REFUSED 102 /* the host refuses namespaces */

/* Runs FN. Returns FN's status, or one of the above. The caller frees *RET_REPORT. */
int sandbox_run(
	const struct sandbox_options *options, sandbox_fn *fn, void *arg, char **ret_report);
