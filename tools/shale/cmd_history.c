/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale/output.h"
#include "tools/shale/time_text.h"

static int add_row(const struct shale_image_step *step, void *arg)
{
	char created[TIME_TEXT_SIZE];

	time_text_format(step->created, created);
	json_t *values[] = { output_string(created), json_integer((json_int_t)step->bytes),
		output_string(step->layer), output_string(step->author),
		output_string(step->created_by), output_string(step->comment) };
	output_row(arg, values);
	return 0;
}

static int run(struct cli *cli, int argc, char **argv)
{
	static const char *const columns[] = { "created", "bytes", "layer", "author", "created_by",
		"comment", NULL };
	struct output_table table;

	if (!cli_no_options(cli, argc, argv) || !cli_arguments(cli, argc, 1, 1))
		return CLI_USAGE;
	if (!cli_open(cli))
		return CLI_FAILED;
	output_table_begin(&table, cli, columns);
	int r = shale_image_history(cli->store, argv[optind], add_row, &table, &cli->err);
	output_table_end(&table, r >= 0);
	return cli_result(r);
}

const struct command command_history = {
	.name = "history",
	.args = "NAME|ID",
	.summary = "how an image was made, the newest step first",
	.run = run,
};
