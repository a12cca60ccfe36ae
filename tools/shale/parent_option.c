/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale/parent_option.h"

#include <stddef.h>

int parent_option_parse(
	struct cli *cli, int argc, char **argv, const char **ret_id, struct shale_diff_options *ret)
{
	static const struct option options[] = { { "parent", required_argument, NULL, 'p' },
		{ 0 } };
	int option;

	*ret = (struct shale_diff_options){ .size = sizeof(*ret) };
	while ((option = cli_option(cli, argc, argv, options)) > 0)
		ret->parent = optarg;
	if (option < 0 || !cli_arguments(cli, argc, 1, 1))
		return CLI_USAGE;
	*ret_id = argv[optind];
	return cli_open(cli) ? CLI_DONE : CLI_FAILED;
}
