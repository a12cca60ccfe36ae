/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale/output.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int keep(const char *key, const char *value, void *arg)
{
	json_object_set_new(arg, key, output_string(value));
	return 0;
}

/* Prints which backend has mounted the layer. Prints the reason only if the same backend would be
 * chosen again now. */
static void tell_backend(struct cli *cli, const char *id)
{
	json_t *known = json_object();
	const char *did = NULL, *would = NULL, *because = NULL;

	if (shale_layer_metadata(cli->store, id, keep, known, NULL) >= 0)
		did = json_string_value(json_object_get(known, "MountedBy"));
	because = json_string_value(json_object_get(known, "MountedBecause"));
	if (shale_store_status(cli->store, keep, known, NULL) >= 0)
		would = json_string_value(json_object_get(known, "Backend"));
	if (did && because)
		fprintf(stderr, "shale: backend %s: %s\n", did, because);
	else if (did && would && !strcmp(did, would))
		fprintf(stderr, "shale: backend %s: %s\n", did,
			json_string_value(json_object_get(known, "Backend Reason")));
	else
		fprintf(stderr, "shale: %s%s\n",
			did ? "mounted before, by backend " : "not mounted: ",
			did ? did : "there is nothing below it");
	json_decref(known);
}

/* Prints the path of the mount. If that fails, undoes the get, because the caller could never
 * release it. */
static int tell_path(struct cli *cli, const char *id, const char *path)
{
	output_value(cli, "path", path);
	int r = output_flush(cli);
	if (r < 0)
		shale_layer_put(cli->store, id, NULL, NULL);
	return r;
}

static int run(struct cli *cli, int argc, char **argv)
{
	static const struct option options[] = { { "label", required_argument, NULL, 'l' },
		{ "uidmap", required_argument, NULL, 'u' },
		{ "gidmap", required_argument, NULL, 'g' }, { "verbose", no_argument, NULL, 'v' },
		{ 0 } };
	struct shale_mount_options with = { .size = sizeof(with) };
	bool verbose = false;
	char *path;
	int option;

	while ((option = cli_option(cli, argc, argv, options)) > 0)
		if (option == 'v')
			verbose = true;
		else if (option == 'u')
			with.uidmap = optarg;
		else if (option == 'g')
			with.gidmap = optarg;
		else
			with.label = optarg;
	if (option < 0 || !cli_arguments(cli, argc, 1, 1))
		return CLI_USAGE;
	if (!cli_open(cli))
		return CLI_FAILED;
	int r = shale_layer_get(cli->store, argv[optind], &with, &path, &cli->err);
	if (r >= 0 && verbose)
		tell_backend(cli, argv[optind]);
	if (r >= 0) {
		r = tell_path(cli, argv[optind], path);
		free(path);
	}
	return cli_result(r);
}

const struct command command_get = {
	.name = "get",
	.args = "[--label CONTEXT] [--uidmap MAP] [--gidmap MAP] [--verbose] ID",
	.summary =
		"mount a layer, or count one more user of its mount; print the merged view's path",
	.run = run,
};
