/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale/cli.h"
#include "tools/shale/parent_option.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

static int run(struct cli *cli, int argc, char **argv)
{
	struct shale_diff_options diff;
	const char *id;
	int r = parent_option_parse(cli, argc, argv, &id, &diff);

	if (r != CLI_DONE)
		return r;
	if (isatty(STDOUT_FILENO)) {
		cli->err = (struct shale_error){ .code = -ENOTTY,
			.text = "diff: a tar stream is not for a terminal",
			.remedy = "redirect it: shale diff ID >FILE" };
		return CLI_FAILED;
	}
	return cli_result(shale_layer_diff(cli->store, id, &diff, STDOUT_FILENO, &cli->err));
}

const struct command command_diff = {
	.name = "diff",
	.args = PARENT_ARGS,
	.summary = "a tar stream of what a layer adds to its parent, or to PARENT ('': the whole "
		   "tree)",
	.run = run,
};
