/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale/output.h"

struct sum {
	struct output_table table;
	json_int_t bytes, files;
};

static int add_row(const struct shale_usage *usage, void *arg)
{
	struct sum *sum = arg;
	json_t *values[] = { json_integer((json_int_t)usage->bytes),
		json_integer((json_int_t)usage->files), output_string(usage->kind),
		output_string(usage->name) };

	output_row(&sum->table, values);
	sum->bytes += (json_int_t)usage->bytes;
	sum->files += (json_int_t)usage->files;
	return 0;
}

static int run(struct cli *cli, int argc, char **argv)
{
	static const char *const columns[] = { "bytes", "files", "kind", "name", NULL };
	struct sum sum = { 0 };

	if (!cli_no_options(cli, argc, argv) || !cli_arguments(cli, argc, 0, 0))
		return CLI_USAGE;
	if (!cli_open(cli))
		return CLI_FAILED;
	output_table_begin(&sum.table, cli, columns);
	int r = shale_store_usage(cli->store, add_row, &sum, &cli->err);
	json_t *total[] = { json_integer(sum.bytes), json_integer(sum.files), json_string("total"),
		json_string("") };
	output_row(&sum.table, total);
	output_table_end(&sum.table, r >= 0);
	return cli_result(r);
}

const struct command command_du = {
	.name = "du",
	.args = "",
	.summary = "what takes how much of the disk, and the total",
	.run = run,
};
