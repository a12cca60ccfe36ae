/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale/progress_line.h"
#include "tools/shale/snapshot_words.h"

#include <stdlib.h>

static int snapshot(struct cli *cli, const char *id, const char *new_id, const char *group)
{
	if (!cli_open(cli))
		return CLI_FAILED;
	struct shale_snapshot_result *result = NULL;
	const struct shale_snapshot_options options = {
		.size = sizeof(options), .freeze = group, .progress = snapshot_progress()
	};
	int r = shale_layer_snapshot(cli->store, id, new_id, &options, &result, &cli->err);
	progress_clear();
	if (r >= 0)
		snapshot_tell(cli, new_id, result);
	else
		snapshot_end_by_signal();
	free(result);
	return cli_result(r);
}

static int run(struct cli *cli, int argc, char **argv)
{
	static const struct option options[] = { { "freeze", required_argument, NULL, 'f' },
		{ 0 } };
	const char *group = NULL;
	int option;

	while ((option = cli_option(cli, argc, argv, options)) > 0)
		group = optarg;
	if (option < 0 || !cli_arguments(cli, argc, 2, 2))
		return CLI_USAGE;
	return snapshot(cli, argv[optind], argv[optind + 1], group);
}

const struct command command_snapshot = {
	.name = "snapshot",
	.args = "[--freeze CGROUP] ID NEW",
	.summary = "freeze what a writable layer holds as the layer NEW, and let it go on",
	.run = run,
};
