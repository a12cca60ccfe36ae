/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale/output.h"

static int run(struct cli *cli, int argc, char **argv)
{
	if (!cli_no_options(cli, argc, argv) || !cli_arguments(cli, argc, 1, 1))
		return CLI_USAGE;
	if (!cli_open(cli))
		return CLI_FAILED;
	int r = shale_layer_exists(cli->store, argv[optind], &cli->err);
	if (r < 0)
		return CLI_FAILED;
	if (cli->json)
		output_json(json_pack("{s:b}", "exists", r));
	return r ? CLI_DONE : CLI_NO;
}

const struct command command_exists = {
	.name = "exists",
	.args = "ID",
	.summary = "exit with 0 if there is such a layer, with 1 if not",
	.run = run,
};
