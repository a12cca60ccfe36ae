/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The part that `snapshot` and `fork` have in common. */
#pragma once

#include "tools/shale/cli.h"

typedef int snapshot_command_fn(struct shale_store *store, const char *id, const char *new_id,
	const struct shale_snapshot_options *options, struct shale_snapshot_result **ret,
	struct shale_error *err);

/* Calls TAKE with a progress function that cancels the call after SIGINT, SIGTERM or SIGHUP:
 * processes that are frozen meanwhile must go on. Prints NEW_ID on standard output, and how the
 * snapshot was made on standard error; with --json both as JSON. Returns the exit status. */
int snapshot_command(struct cli *cli, snapshot_command_fn *take, const char *id, const char *new_id,
	struct shale_snapshot_options *options);
