/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale/output.h"

#include <stdio.h>

static int print_undone(const char *what, const char *name, void *arg)
{
	output_words(what, " ", name);
	return 0;
}

static int keep_undone(const char *what, const char *name, void *arg)
{
	json_t *array = arg;

	return json_array_append_new(
		array, json_pack("{s:s, s:o}", "what", what, "name", output_string(name)));
}

static int run(struct cli *cli, int argc, char **argv)
{
	if (!cli_no_options(cli, argc, argv) || !cli_arguments(cli, argc, 0, 0))
		return CLI_USAGE;
	if (!cli_open(cli))
		return CLI_FAILED;
	if (!cli->json)
		return cli_result(
			shale_store_cleanup(cli->store, NULL, print_undone, NULL, &cli->err));
	json_t *array = json_array();
	int r = shale_store_cleanup(cli->store, NULL, keep_undone, array, &cli->err);
	if (r >= 0)
		output_json(json_incref(array));
	json_decref(array);
	return cli_result(r);
}

const struct command command_cleanup = {
	.name = "cleanup",
	.args = "",
	.summary = "unmount what no process uses, remove what killed ones left, and say what",
	.run = run,
};
