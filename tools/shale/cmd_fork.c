/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale/snapshot_command.h"

static int run(struct cli *cli, int argc, char **argv)
{
	static const struct option options[] = { { "as", required_argument, NULL, 'a' },
		{ "freeze", required_argument, NULL, 'f' }, { 0 } };
	struct shale_snapshot_options fork = { .size = sizeof(fork) };
	int option;

	while ((option = cli_option(cli, argc, argv, options)) > 0)
		*(option == 'a' ? &fork.as : &fork.freeze) = optarg;
	if (option < 0 || !cli_arguments(cli, argc, 2, 2))
		return CLI_USAGE;
	return snapshot_command(cli, shale_layer_fork, argv[optind], argv[optind + 1], &fork);
}

const struct command command_fork = {
	.name = "fork",
	.args = "[--as NAME] [--freeze CGROUP] ID NEW",
	.summary = "make the writable layer NEW that begins with what ID shows now",
	.run = run,
};
