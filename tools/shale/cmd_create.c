/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale/output.h"
#include "tools/shale/word_list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Tells whether the last component of PATH is ID. */
static bool ends_with(const char *path, const char *id)
{
	size_t end = strlen(path), length = strlen(id);

	while (end > 0 && path[end - 1] == '/')
		end--;
	return end > length && path[end - length - 1] == '/' &&
	       !strncmp(path + end - length, id, length);
}

/* An adopted parent whose id was taken got another id: prints that id. */
static void tell_parent(struct cli *cli, const char *id, const char *path)
{
	struct shale_layer_info *info;

	if (shale_layer_info(cli->store, id, &info, NULL) < 0)
		return;
	if (!ends_with(path, info->parent))
		fprintf(stderr, "shale: '%s' is layer '%s' here\n", path, info->parent);
	free(info);
}

static int create(struct cli *cli, const char *id, const struct shale_layer_options *options)
{
	if (!cli_open(cli))
		return CLI_FAILED;
	int r = shale_layer_create(cli->store, id, options, &cli->err);
	if (r >= 0 && options->parent && *options->parent == '/')
		tell_parent(cli, id, options->parent);
	if (r >= 0)
		output_value(cli, "id", id);
	return cli_result(r);
}

static int run(struct cli *cli, int argc, char **argv)
{
	static const struct option options[] = { { "rw", no_argument, NULL, 'w' },
		{ "parent", required_argument, NULL, 'p' }, { "opt", required_argument, NULL, 'o' },
		{ 0 } };
	struct shale_layer_options layer = { .size = sizeof(layer) };
	struct word_list words = { 0 };
	int option, r = CLI_USAGE;

	while ((option = cli_option(cli, argc, argv, options)) > 0) {
		if (option == 'w')
			layer.flags |= SHALE_CREATE_RW;
		else if (option == 'p')
			layer.parent = optarg;
		else
			word_list_add(&words, optarg);
	}
	if (option == 0 && cli_arguments(cli, argc, 1, 1)) {
		layer.options = words.list;
		layer.n_options = words.n;
		r = create(cli, argv[optind], &layer);
	}
	word_list_free(&words);
	return r;
}

const struct command command_create = {
	.name = "create",
	.args = "[--rw] [--parent ID|IMAGE] [--opt size=N]... ID",
	.summary = "make an empty layer, to be filled by apply, or with --rw one to be written to",
	.run = run,
	.makes_store = true,
};
