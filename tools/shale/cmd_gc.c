/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale/output.h"

#include <stdio.h>

static int print_removed(const char *what, const char *name, void *arg)
{
	output_words(what, " ", name);
	return 0;
}

static int keep_removed(const char *what, const char *name, void *arg)
{
	json_t *array = arg;

	return json_array_append_new(
		array, json_pack("{s:s, s:o}", "what", what, "name", output_string(name)));
}

static int run(struct cli *cli, int argc, char **argv)
{
	static const struct option options[] = { { "layers", no_argument, NULL, 'l' }, { 0 } };
	struct shale_gc_options gc = { .size = sizeof(gc) };
	int option;

	while ((option = cli_option(cli, argc, argv, options)) > 0)
		gc.flags |= SHALE_GC_LAYERS;
	if (option < 0 || !cli_arguments(cli, argc, 0, 0))
		return CLI_USAGE;
	if (!cli_open(cli))
		return CLI_FAILED;
	if (!cli->json)
		return cli_result(shale_store_gc(cli->store, &gc, print_removed, NULL, &cli->err));
	json_t *array = json_array();
	int r = shale_store_gc(cli->store, &gc, keep_removed, array, &cli->err);
	if (r >= 0)
		output_json(json_incref(array));
	json_decref(array);
	return cli_result(r);
}

const struct command command_gc = {
	.name = "gc",
	.args = "[--layers]",
	.summary = "remove leftovers; with --layers also imported layers that no image, layer or "
		   "mount needs",
	.run = run,
};
