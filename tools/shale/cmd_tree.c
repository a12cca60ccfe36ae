/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale/output.h"

#include <stdio.h>
#include <string.h>

static int handover_layer(const struct shale_layer_info *layer, void *arg)
{
	json_t *layers = arg;

	return json_array_append_new(
		layers, json_pack("{s:s, s:s, s:s, s:i}", "id", layer->id, "parent", layer->parent,
				"kind", layer->kind, "mounts", layer->mounted));
}

static const char *text_of(json_t *layer, const char *key)
{
	return json_string_value(json_object_get(layer, key));
}

static bool is_known(json_t *layers, const char *id)
{
	json_t *layer;
	size_t i;

	json_array_foreach(layers, i, layer) if (!strcmp(text_of(layer, "id"), id)) return true;
	return false;
}

/* Prints the children of PARENT. If PARENT is "", prints the layers whose parent is missing or that
 * have none. */
static void print_children(json_t *layers, const char *parent, int depth)
{
	json_t *layer;
	size_t i;

	json_array_foreach(layers, i, layer)
	{
		const char *of = text_of(layer, "parent");

		if (*parent ? strcmp(of, parent) != 0 : *of && is_known(layers, of))
			continue;
		printf("%*s", depth * 2, "");
		output_name(text_of(layer, "id"));
		if (!strcmp(text_of(layer, "kind"), "rw"))
			printf(" (rw)");
		if (json_integer_value(json_object_get(layer, "mounts")))
			printf(" mounted");
		if (*of && !*parent) {
			fputs(" parent '", stdout);
			output_name(of);
			fputs("' is lost", stdout);
		}
		putchar('\n');
		print_children(layers, text_of(layer, "id"), depth + 1);
	}
}

static json_t *children_of(json_t *layers, const char *parent)
{
	json_t *children = json_array(), *layer;
	size_t i;

	json_array_foreach(layers, i, layer)
	{
		const char *of = text_of(layer, "parent");

		if (*parent ? strcmp(of, parent) != 0 : *of && is_known(layers, of))
			continue;
		json_t *copy = json_copy(layer);
		json_object_set_new(copy, "children", children_of(layers, text_of(layer, "id")));
		json_array_append_new(children, copy);
	}
	return children;
}

static int run(struct cli *cli, int argc, char **argv)
{
	if (!cli_no_options(cli, argc, argv) || !cli_arguments(cli, argc, 0, 0))
		return CLI_USAGE;
	if (!cli_open(cli))
		return CLI_FAILED;
	json_t *layers = json_array();
	int r = shale_layer_list(cli->store, handover_layer, layers, &cli->err);
	if (r >= 0 && cli->json)
		output_json(children_of(layers, ""));
	else if (r >= 0)
		print_children(layers, "", 0);
	json_decref(layers);
	return cli_result(r);
}

const struct command command_tree = {
	.name = "tree",
	.args = "",
	.summary = "which layer lies on which",
	.run = run,
};
