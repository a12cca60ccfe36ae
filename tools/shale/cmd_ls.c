/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale/output.h"
#include "tools/shale/when.h"

static int add_row(const struct shale_layer_info *layer, void *arg)
{
	char created[WHEN_SIZE];

	when_format(layer->created, created);
	json_t *values[] = { output_string(layer->id), output_string(layer->parent),
		output_string(layer->kind), json_boolean(layer->committed), output_string(created),
		output_string(layer->state), json_integer(layer->mounted) };
	output_row(arg, values);
	return 0;
}

static int run(struct cli *cli, int argc, char **argv)
{
	static const char *const columns[] = { "id", "parent", "kind", "committed", "created",
		"state", "mounts", NULL };
	struct output_table table;

	if (!cli_no_options(cli, argc, argv) || !cli_arguments(cli, argc, 0, 0))
		return CLI_USAGE;
	if (!cli_open(cli))
		return CLI_FAILED;
	output_table_begin(&table, cli, columns);
	int r = shale_layer_list(cli->store, add_row, &table, &cli->err);
	output_table_end(&table, r >= 0);
	return cli_result(r);
}

const struct command command_ls = {
	.name = "ls",
	.args = "",
	.summary = "a line for each layer",
	.run = run,
};
