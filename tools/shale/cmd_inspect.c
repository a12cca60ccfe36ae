/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale/output.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Adds one fact of an image. With --json the config is a part of the value, and not a string in
 * it. */
static int tell_image(const char *key, const char *value, void *arg)
{
	struct output_pairs *pairs = arg;
	json_t *config = pairs->cli->json && !strcmp(key, "Config")
				 ? json_loads(value, JSON_DECODE_ANY, NULL)
				 : NULL;

	return config ? json_object_set_new(pairs->object, key, config)
		      : output_pair(key, value, arg);
}

static int inspect(struct cli *cli, const char *what, struct output_pairs *pairs)
{
	int r = shale_layer_exists(cli->store, what, &cli->err);

	if (r == 1)
		return shale_layer_metadata(cli->store, what, output_pair, pairs, &cli->err);
	if (r < 0 && r != -EINVAL)
		return r;
	cli->err = (struct shale_error){ 0 };
	r = shale_image_metadata(cli->store, what, tell_image, pairs, &cli->err);
	if (r == -ENOENT)
		snprintf(cli->err.text, sizeof(cli->err.text), "no such layer or image '%s'", what);
	return r;
}

static int run(struct cli *cli, int argc, char **argv)
{
	struct output_pairs pairs;

	if (!cli_no_options(cli, argc, argv) || !cli_arguments(cli, argc, 1, 1))
		return CLI_USAGE;
	if (!cli_open(cli))
		return CLI_FAILED;
	output_pairs_begin(&pairs, cli);
	int r = inspect(cli, argv[optind], &pairs);
	output_pairs_end(&pairs, r >= 0);
	return cli_result(r);
}

const struct command command_inspect = {
	.name = "inspect",
	.args = "ID|IMAGE",
	.summary = "a layer's directories, or an image's config and size, and what the store knows "
		   "of it",
	.run = run,
};
