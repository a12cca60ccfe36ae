/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale/output.h"

static int run(struct cli *cli, int argc, char **argv)
{
	struct output_pairs pairs;

	if (!cli_no_options(cli, argc, argv) || !cli_arguments(cli, argc, 1, 1))
		return CLI_USAGE;
	if (!cli_open(cli))
		return CLI_FAILED;
	output_pairs_begin(&pairs, cli);
	int r = shale_layer_metadata(cli->store, argv[optind], output_pair, &pairs, &cli->err);
	output_pairs_end(&pairs, r >= 0);
	return cli_result(r);
}

const struct command command_inspect = {
	.name = "inspect",
	.args = "ID",
	.summary = "a layer's directories, and what the store knows of it",
	.run = run,
};
