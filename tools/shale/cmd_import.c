/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale/layer_warn.h"
#include "tools/shale/output.h"
#include "tools/shale/progress_line.h"

#include <stdlib.h>

/* The images of one import: the table to print, and their top layers. */
struct imported {
	struct output_table table;
	json_t *tops;
};

static int add_row(const char *name, const char *id, void *arg)
{
	struct imported *imported = arg;
	json_t *values[] = { output_string(name), output_string(id) };

	output_row(&imported->table, values);
	return json_array_append_new(imported->tops, json_string(id));
}

/* Imports all images of SOURCE. If one fails, still prints those that were imported. */
static int import_all(struct cli *cli, const char *source, struct shale_import_options *options)
{
	static const char *const columns[] = { "name", "id", NULL };
	struct imported imported = { .tops = json_array() };
	json_t *top;
	char *id;
	size_t i;

	output_table_begin(&imported.table, cli, columns);
	options->imported = add_row;
	options->imported_arg = &imported;
	int r = shale_image_import(cli->store, source, options, &id, &cli->err);
	progress_clear();
	json_array_foreach(imported.tops, i, top)
		layer_warn_all(cli->store, json_string_value(top));
	output_table_end(&imported.table, true);
	json_decref(imported.tops);
	if (r >= 0)
		free(id);
	return cli_result(r);
}

static int import(struct cli *cli, const char *source, struct shale_import_options *options)
{
	char *id;

	if (!cli_open(cli))
		return CLI_FAILED;
	if (options->flags & SHALE_IMPORT_ALL_TAGS)
		return import_all(cli, source, options);
	int r = shale_image_import(cli->store, source, options, &id, &cli->err);
	progress_clear();
	if (r < 0)
		return CLI_FAILED;
	layer_warn_all(cli->store, id);
	output_value(cli, "id", id);
	free(id);
	return CLI_DONE;
}

static int run(struct cli *cli, int argc, char **argv)
{
	static const struct option known[] = { { "all-tags", no_argument, NULL, 'a' },
		{ "keep-blobs", no_argument, NULL, 'k' },
		{ "platform", required_argument, NULL, 'p' }, { 0 } };
	struct shale_import_options options = { .size = sizeof(options),
		.progress = progress_or_null() };
	int option;

	while ((option = cli_option(cli, argc, argv, known)) > 0)
		if (option == 'p')
			options.platform = optarg;
		else if (option == 'a')
			options.flags |= SHALE_IMPORT_ALL_TAGS;
		else
			options.flags |= SHALE_IMPORT_KEEP_BLOBS;
	if (option < 0 ||
		!cli_arguments(cli, argc, 1, options.flags & SHALE_IMPORT_ALL_TAGS ? 1 : 2))
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
	.makes_store = true,
};
