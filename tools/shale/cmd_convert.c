/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale/cli.h"

static int run(struct cli *cli, int argc, char **argv)
{
	if (!cli_no_options(cli, argc, argv) || !cli_arguments(cli, argc, 1, 1))
		return CLI_USAGE;
	if (!cli_open(cli))
		return CLI_FAILED;
	return cli_result(shale_layer_convert(cli->store, argv[optind], NULL, &cli->err));
}

const struct command command_convert = {
	.name = "convert",
	.args = "ID",
	.summary =
		"rewrite a layer with redirects or metacopies so that either backend can mount it",
	.run = run,
};
