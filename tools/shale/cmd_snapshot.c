/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale/snapshot_command.h"

static int run(struct cli *cli, int argc, char **argv)
{
	static const struct option options[] = { { "freeze", required_argument, NULL, 'f' },
		{ 0 } };
	struct shale_snapshot_options snapshot = { .size = sizeof(snapshot) };
	int option;

	while ((option = cli_option(cli, argc, argv, options)) > 0)
		snapshot.freeze = optarg;
	if (option < 0 || !cli_arguments(cli, argc, 2, 2))
		return CLI_USAGE;
	return snapshot_command(
		cli, shale_layer_snapshot, argv[optind], argv[optind + 1], &snapshot);
}

const struct command command_snapshot = {
	.name = "snapshot",
	.args = "[--freeze CGROUP] ID NEW",
	.summary = "freeze what a writable layer holds as the layer NEW, and let it go on",
	.run = run,
};
