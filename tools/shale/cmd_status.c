/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale/output.h"

static int run(struct cli *cli, int argc, char **argv)
{
	struct output_pairs pairs;

	if (!cli_no_options(cli, argc, argv) || !cli_arguments(cli, argc, 0, 0))
		return CLI_USAGE;
	if (!cli_open(cli))
		return CLI_FAILED;
	output_pairs_begin(&pairs, cli);
	int r = shale_store_status(cli->store, output_pair, &pairs, &cli->err);
	output_pairs_end(&pairs, r >= 0);
	return cli_result(r);
}

const struct command command_status = {
	.name = "status",
	.args = "",
	.summary = "what mounts here and why, and what the filesystem below can do",
	.run = run,
};
