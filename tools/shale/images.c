/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale/output.h"
#include "tools/shale/when.h"

static int add_row(const struct shale_image_info *image, void *arg)
{
	char created[WHEN_SIZE];

	when_format(image->created, created);
	json_t *values[] = { output_string(image->name), output_string(image->top),
		json_integer((json_int_t)image->layers), output_string(created),
		output_string(image->digest) };
	output_row(arg, values);
	return 0;
}

static int run(struct cli *cli, int argc, char **argv)
{
	static const char *const columns[] = { "name", "top", "layers", "created", "digest", NULL };
	struct output_table table;

	if (!cli_no_options(cli, argc, argv) || !cli_arguments(cli, argc, 0, 0))
		return CLI_USAGE;
	if (!cli_open(cli))
		return CLI_FAILED;
	output_table_begin(&table, cli, columns);
	int r = shale_image_list(cli->store, add_row, &table, &cli->err);
	if (r >= 0)
		output_table_end(&table);
	return cli_result(r);
}

const struct command command_images = {
	.name = "images",
	.args = "",
	.summary = "a line for each image",
	.run = run,
};
