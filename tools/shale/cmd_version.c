/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale/output.h"

#include <stdio.h>

#include "config.h"

static int run(struct cli *cli, int argc, char **argv)
{
	if (!cli_no_options(cli, argc, argv) || !cli_arguments(cli, argc, 0, 0))
		return CLI_USAGE;
	if (cli->json)
		output_value(cli, "version", PACKAGE_VERSION);
	else
		printf("shale %s\n", PACKAGE_VERSION);
	return CLI_DONE;
}

const struct command command_version = {
	.name = "version",
	.args = "",
	.summary = "which shale this is",
	.run = run,
};
