/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale/progress_line.h"
#include "tools/shale/snapshot_words.h"

#include <stdlib.h>

static int fork_layer(
	struct cli *cli, const char *id, const char *new_id, struct shale_snapshot_options *options)
{
	if (!cli_open(cli))
		return CLI_FAILED;
	struct shale_snapshot_result *result = NULL;
	options->progress = snapshot_progress();
	int r = shale_layer_fork(cli->store, id, new_id, options, &result, &cli->err);
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
	static const struct option options[] = { { "as", required_argument, NULL, 'a' },
		{ "freeze", required_argument, NULL, 'f' }, { 0 } };
	struct shale_snapshot_options fork = { .size = sizeof(fork) };
	int option;

	while ((option = cli_option(cli, argc, argv, options)) > 0)
		*(option == 'a' ? &fork.as : &fork.freeze) = optarg;
	if (option < 0 || !cli_arguments(cli, argc, 2, 2))
		return CLI_USAGE;
	return fork_layer(cli, argv[optind], argv[optind + 1], &fork);
}

const struct command command_fork = {
	.name = "fork",
	.args = "[--as NAME] [--freeze CGROUP] ID NEW",
	.summary = "make the writable layer NEW that begins with what ID shows now",
	.run = run,
};
