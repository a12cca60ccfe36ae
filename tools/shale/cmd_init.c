/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale/cli.h"
#include "tools/shale/word_list.h"

#include <stdlib.h>

static int run(struct cli *cli, int argc, char **argv)
{
	static const struct option options[] = { { "opt", required_argument, NULL, 'o' }, { 0 } };
	struct word_list words = { 0 };
	int option, r = CLI_USAGE;

	while ((option = cli_option(cli, argc, argv, options)) > 0)
		word_list_add(&words, optarg);
	if (option == 0 && cli_arguments(cli, argc, 0, 0)) {
		cli->options.options = words.list;
		cli->options.n_options = words.n;
		r = cli_open(cli) ? CLI_DONE : CLI_FAILED;
	}
	word_list_free(&words);
	return r;
}

const struct command command_init = {
	.name = "init",
	.args = "[--opt KEY=VALUE]...",
	.summary = "make the store (create, import, probe and engine do so too)",
	.run = run,
	.makes_store = true,
};
