/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale/output.h"

#include <stdlib.h>

static int run(struct cli *cli, int argc, char **argv)
{
	static const struct option options[] = { { "label", required_argument, NULL, 'l' }, { 0 } };
	const char *label = NULL;
	char *path;
	int option;

	while ((option = cli_option(cli, argc, argv, options)) > 0)
		label = optarg;
	if (option < 0 || !cli_arguments(cli, argc, 1, 1))
		return CLI_USAGE;
	if (!cli_open(cli))
		return CLI_FAILED;
	int r = shale_layer_get(cli->store, argv[optind], label, &path, &cli->err);
	if (r >= 0) {
		output_value(cli, "path", path);
		free(path);
	}
	return cli_result(r);
}

const struct command command_get = {
	.name = "get",
	.args = "[--label CONTEXT] ID",
	.summary =
		"mount a layer, or count one more user of its mount; print the merged view's path",
	.run = run,
};
