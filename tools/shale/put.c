/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale/cli.h"

static int run(struct cli *cli, int argc, char **argv)
{
	if (!cli_no_options(cli, argc, argv) || !cli_arguments(cli, argc, 1, 1))
		return CLI_USAGE;
	if (!cli_open(cli))
		return CLI_FAILED;
	return cli_result(shale_layer_put(cli->store, argv[optind], &cli->err));
}

const struct command command_put = {
	.name = "put",
	.args = "ID",
	.summary = "end one use of a layer; the last one unmounts",
	.run = run,
};
