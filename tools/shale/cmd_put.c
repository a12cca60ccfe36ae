/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale/cli.h"

static int run(struct cli *cli, int argc, char **argv)
{
	static const struct option options[] = { { "lazy", no_argument, NULL, 'l' }, { 0 } };
	struct shale_put_options put = { .size = sizeof(put) };
	int option;

	while ((option = cli_option(cli, argc, argv, options)) > 0)
		put.flags |= SHALE_PUT_LAZY;
	if (option < 0 || !cli_arguments(cli, argc, 1, 1))
		return CLI_USAGE;
	if (!cli_open(cli))
		return CLI_FAILED;
	return cli_result(shale_layer_put(cli->store, argv[optind], &put, &cli->err));
}

const struct command command_put = {
	.name = "put",
	.args = "[--lazy] ID",
	.summary = "end one use of a layer; the last one unmounts, lazily also what is in use",
	.run = run,
};
