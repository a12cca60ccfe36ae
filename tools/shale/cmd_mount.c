/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale/cli.h"

static int run(struct cli *cli, int argc, char **argv)
{
	static const struct option options[] = { { "uidmap", required_argument, NULL, 'u' },
		{ "gidmap", required_argument, NULL, 'g' }, { 0 } };
	struct shale_mount_options with = { .size = sizeof(with) };
	int option;

	while ((option = cli_option(cli, argc, argv, options)) > 0)
		*(option == 'u' ? &with.uidmap : &with.gidmap) = optarg;
	if (option < 0 || !cli_arguments(cli, argc, 2, 2))
		return CLI_USAGE;
	if (!cli_open(cli))
		return CLI_FAILED;
	return cli_result(
		shale_layer_mount(cli->store, argv[optind], argv[optind + 1], &with, &cli->err));
}

const struct command command_mount = {
	.name = "mount",
	.args = "[--uidmap MAP] [--gidmap MAP] ID DIR",
	.summary = "mount a layer at any directory",
	.run = run,
};
