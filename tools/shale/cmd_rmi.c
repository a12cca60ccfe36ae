/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale/cli.h"

static int run(struct cli *cli, int argc, char **argv)
{
	if (!cli_no_options(cli, argc, argv) || !cli_arguments(cli, argc, 1, 1))
		return CLI_USAGE;
	if (!cli_open(cli))
		return CLI_FAILED;
	return cli_result(shale_image_remove(cli->store, argv[optind], &cli->err));
}

const struct command command_rmi = {
	.name = "rmi",
	.args = "NAME",
	.summary = "forget an image's name; its layers stay until rm or gc --layers",
	.run = run,
};
