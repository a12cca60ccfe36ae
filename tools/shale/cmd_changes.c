/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale/output.h"
#include "tools/shale/parent_option.h"

#include <stdio.h>

static int print_change(const struct shale_change *change, void *arg)
{
	printf("%c ", change->kind);
	output_name(change->path);
	putchar('\n');
	return 0;
}

static int keep_change(const struct shale_change *change, void *arg)
{
	json_t *array = arg;
	json_t *object = json_pack("{s:o}", "kind", json_stringn(&change->kind, 1));

	output_set_bytes(object, "path", change->path);
	return json_array_append_new(array, object);
}

static int run(struct cli *cli, int argc, char **argv)
{
	struct shale_diff_options diff;
	const char *id;
	int r = parent_option_parse(cli, argc, argv, &id, &diff);

	if (r != CLI_DONE)
		return r;
	if (!cli->json)
		return cli_result(
			shale_layer_changes(cli->store, id, &diff, print_change, NULL, &cli->err));
	json_t *array = json_array();
	r = shale_layer_changes(cli->store, id, &diff, keep_change, array, &cli->err);
	if (r >= 0)
		output_json(json_incref(array));
	json_decref(array);
	return cli_result(r);
}

const struct command command_changes = {
	.name = "changes",
	.args = PARENT_ARGS,
	.summary = "a line for each path that differs: A, C or D, and the path",
	.run = run,
};
