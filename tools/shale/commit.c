/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale/output.h"

static int run(struct cli *cli, int argc, char **argv)
{
	if (!cli_no_options(cli, argc, argv) || !cli_arguments(cli, argc, 2, 2))
		return CLI_USAGE;
	if (!cli_open(cli))
		return CLI_FAILED;
	int r = shale_layer_commit(cli->store, argv[optind], argv[optind + 1], &cli->err);
	if (r >= 0)
		output_value(cli, "id", argv[optind + 1]);
	return cli_result(r);
}

const struct command command_commit = {
	.name = "commit",
	.args = "ID NEW",
	.summary = "freeze what a writable layer holds as the new layer NEW, and print its id",
	.run = run,
};
