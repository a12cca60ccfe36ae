/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale/layer_warn.h"
#include "tools/shale/output.h"
#include "tools/shale/progress.h"

#include <stdlib.h>

static int add_row(const char *name, const char *id, void *arg)
{
	const struct output_table *table = arg;

	layer_warn_all(table->cli->store, id);
	json_t *values[] = { output_string(name), output_string(id) };

	output_row(arg, values);
	return 0;
}

/* One image is told by its id; several by their names, too, even if one of them fails. */
static int import(struct cli *cli, const char *source, struct shale_image_options *options)
{
	static const char *const columns[] = { "name", "id", NULL };
	struct output_table table;
	char *id = NULL;

	if (!cli_open(cli))
		return CLI_FAILED;
	if (options->all_tags) {
		output_table_begin(&table, cli, columns);
		options->imported = add_row;
		options->imported_arg = &table;
	}
	int r = shale_image_import(cli->store, source, options, &id, &cli->err);
	progress_clear();
	if (options->all_tags) {
		output_table_end(&table, true);
	} else if (r >= 0) {
		layer_warn_all(cli->store, id);
		output_value(cli, "id", id);
	}
	free(id);
	return cli_result(r);
}

static int run(struct cli *cli, int argc, char **argv)
{
	static const struct option known[] = { { "all-tags", no_argument, NULL, 'a' },
		{ "keep-blobs", no_argument, NULL, 'k' },
		{ "platform", required_argument, NULL, 'p' }, { 0 } };
	struct shale_image_options options = { .size = sizeof(options),
		.progress = progress_or_null() };
	int option;

	while ((option = cli_option(cli, argc, argv, known)) > 0)
		if (option == 'p')
			options.platform = optarg;
		else if (option == 'a')
			options.all_tags = 1;
		else
			options.keep_blobs = 1;
	if (option < 0 || !cli_arguments(cli, argc, 1, options.all_tags ? 1 : 2))
		return CLI_USAGE;
	options.name = argc - optind > 1 ? argv[optind + 1] : NULL;
	return import(cli, argv[optind], &options);
}

const struct command command_import = {
	.name = "import",
	.args = "[--all-tags] [--keep-blobs] [--platform OS/ARCH[/VARIANT]] SOURCE [NAME]",
	.summary = "import an image from an OCI layout, an OCI or docker archive, or a root "
		   "filesystem tar; '-' is standard input",
	.run = run,
};
