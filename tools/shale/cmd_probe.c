/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale/output.h"

#include <stdio.h>

static int keep_pair(const char *key, const char *value, void *arg)
{
	json_t *status = arg;

	json_object_set_new(status, key, output_string(value));
	return 0;
}

static int keep_feature(const struct shale_feature *feature, void *arg)
{
	json_t *features = arg;

	json_array_append_new(features,
		json_pack("{s:s, s:b, s:o}", "name", feature->name, "works", feature->works,
			"reason", output_string(feature->reason ? feature->reason : "")));
	return 0;
}

static void print(json_t *status, json_t *features)
{
	json_t *feature;
	size_t i;

	printf("backend: %s (%s)\n", json_string_value(json_object_get(status, "Backend")),
		json_string_value(json_object_get(status, "Backend Reason")));
	json_array_foreach(features, i, feature)
	{
		const char *reason = json_string_value(json_object_get(feature, "reason"));

		printf("%-14s %-3s%s%s\n", json_string_value(json_object_get(feature, "name")),
			json_is_true(json_object_get(feature, "works")) ? "yes" : "no",
			*reason ? " " : "", reason);
	}
}

static int run(struct cli *cli, int argc, char **argv)
{
	if (!cli_no_options(cli, argc, argv) || !cli_arguments(cli, argc, 0, 0))
		return CLI_USAGE;
	if (!cli_open(cli))
		return CLI_FAILED;
	json_t *status = json_object(), *features = json_array();
	int r = shale_store_probe(cli->store, keep_feature, features, &cli->err);
	if (r >= 0)
		r = shale_store_status(cli->store, keep_pair, status, &cli->err);
	if (r >= 0 && cli->json)
		output_json(json_pack("{s:O, s:O, s:O}", "backend",
			json_object_get(status, "Backend"), "reason",
			json_object_get(status, "Backend Reason"), "features", features));
	else if (r >= 0)
		print(status, features);
	json_decref(status);
	json_decref(features);
	return cli_result(r);
}

const struct command command_probe = {
	.name = "probe",
	.args = "",
	.summary = "what this host can do, each found by a trial mount, and which backend is used",
	.run = run,
	.makes_store = true,
};
