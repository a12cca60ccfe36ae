/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale/cli.h"

static int run(struct cli *cli, int argc, char **argv)
{
	if (!cli_no_options(cli, argc, argv) || !cli_arguments(cli, argc, 2, 2))
		return CLI_USAGE;
	if (!cli_open(cli))
		return CLI_FAILED;
	return cli_result(shale_image_tag(cli->store, argv[optind], argv[optind + 1], &cli->err));
}

const struct command command_tag = {
	.name = "tag",
	.args = "NAME|ID NEW",
	.summary = "give an image one more name, or an immutable layer its first",
	.run = run,
};
