/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale/cli.h"

static int run(struct cli *cli, int argc, char **argv)
{
	static const struct option options[] = { { "lazy", no_argument, NULL, 'l' }, { 0 } };
	bool lazy = false;
	int option;

	while ((option = cli_option(cli, argc, argv, options)) > 0)
		lazy = true;
	if (option < 0 || !cli_arguments(cli, argc, 1, 1))
		return CLI_USAGE;
	if (!cli_open(cli))
		return CLI_FAILED;
	const char *id = argv[optind];
	return cli_result(lazy ? shale_layer_put_lazy(cli->store, id, &cli->err)
			       : shale_layer_put(cli->store, id, &cli->err));
}

const struct command command_put = {
	.name = "put",
	.args = "[--lazy] ID",
	.summary = "end one use of a layer; the last one unmounts, lazily also what is in use",
	.run = run,
};
