/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale/output.h"
#include "tools/shale/progress_line.h"

static int flatten(struct cli *cli, const char *id, const char *down_to)
{
	if (!cli_open(cli))
		return CLI_FAILED;
	const struct shale_flatten_options options = {
		.size = sizeof(options), .down_to = down_to, .progress = progress_or_null()
	};
	int r = shale_layer_flatten(cli->store, id, &options, &cli->err);
	progress_clear();
	if (r >= 0)
		output_number(cli, "merged", (uint64_t)r);
	return cli_result(r);
}

static int run(struct cli *cli, int argc, char **argv)
{
	static const struct option options[] = { { "down-to", required_argument, NULL, 'd' },
		{ 0 } };
	const char *down_to = NULL;
	int option;

	while ((option = cli_option(cli, argc, argv, options)) > 0)
		down_to = optarg;
	if (option < 0 || !cli_arguments(cli, argc, 1, 1))
		return CLI_USAGE;
	return flatten(cli, argv[optind], down_to);
}

const struct command command_flatten = {
	.name = "flatten",
	.args = "[--down-to PARENT] ID",
	.summary = "merge layers below a writable layer into it, and print how many",
	.run = run,
};
