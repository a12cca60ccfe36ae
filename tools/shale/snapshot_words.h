/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The parts that `snapshot` and `fork` have in common. */
#pragma once

#include "tools/shale/cli.h"

/* A progress function that ends the call after SIGINT, SIGTERM or SIGHUP, so that processes which
 * are frozen meanwhile go on. It catches those signals from now on. */
shale_progress_fn *snapshot_progress(void);
/* Ends this program as the signal that was caught would have done it, if there was one. */
void snapshot_end_by_signal(void);
/* Prints ID on standard output, and how the snapshot was made on standard error; or all of it with
 * --json. */
void snapshot_tell(struct cli *cli, const char *id, const struct shale_snapshot_result *result);
