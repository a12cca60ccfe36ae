/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale/output.h"
#include "tools/shale/time_text.h"

/* The columns of the table. Facts that inspect and status show have no column here. */
static const char *const columns[] = { "id", "parent", "kind", "committed", "created", "state",
	"mounts", "worker_deaths", "worker_last_signal", "worker_upgrades", NULL };
static const char *const columns_of_lines[] = { "id", "parent", "kind", "committed", "created",
	"state", "mounts", NULL };

static int add_row(const struct shale_layer_info *layer, void *arg)
{
	struct output_table *table = arg;
	char created[TIME_TEXT_SIZE];
	bool json = table->cli->json;

	time_text_format(layer->created, created);
	json_t *values[] = { output_string(layer->id), output_string(layer->parent),
		output_string(layer->kind), json_boolean(layer->committed), output_string(created),
		output_string(layer->state), json_integer(layer->mounted),
		json ? json_integer((json_int_t)layer->worker_deaths) : NULL,
		json ? json_integer(layer->worker_last_signal) : NULL,
		json ? json_integer((json_int_t)layer->worker_upgrades) : NULL };
	output_row(table, values);
	return 0;
}

static int run(struct cli *cli, int argc, char **argv)
{
	struct output_table table;

	if (!cli_no_options(cli, argc, argv) || !cli_arguments(cli, argc, 0, 0))
		return CLI_USAGE;
	if (!cli_open(cli))
		return CLI_FAILED;
	output_table_begin(&table, cli, cli->json ? columns : columns_of_lines);
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
