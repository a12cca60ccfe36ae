/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Parses the arguments of diff, size and changes: [--parent P] ID. */
#pragma once

#include "tools/shale/cli.h"

#define PARENT_ARGS "[--parent PARENT] ID"

/* Parses the command line and opens the store. Returns CLI_DONE, or the result that the command
 * must return. */
int parent_option_parse(struct cli *cli, int argc, char **argv, const char **ret_id,
	struct shale_diff_options *ret);
