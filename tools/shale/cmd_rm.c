/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale/cli.h"

#include <stdio.h>

/* Removes the layers that can be removed, and prints an error for each of the others. */
static int run(struct cli *cli, int argc, char **argv)
{
	int failed = 0;

	if (!cli_no_options(cli, argc, argv) || !cli_arguments(cli, argc, 1, -1))
		return CLI_USAGE;
	if (!cli_open(cli))
		return CLI_FAILED;
	for (int i = optind; i < argc; i++) {
		if (failed) {
			cli_print_error(&cli->err);
			cli->err = (struct shale_error){ 0 };
			failed = 0;
		}
		if (shale_layer_remove(cli->store, argv[i], NULL, &cli->err) < 0)
			failed = 1;
	}
	return failed ? CLI_FAILED : CLI_DONE;
}

const struct command command_rm = {
	.name = "rm",
	.args = "ID...",
	.summary = "remove layers that nothing needs",
	.run = run,
};
