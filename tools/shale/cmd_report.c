/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale/output.h"
#include "tools/shale/report_host.h"
#include "tools/shale/report_logs.h"

#include <stdio.h>
#include <string.h>

struct section {
	json_t *pairs;
	bool names; /* print names of layers, paths, and where the store lies */
	unsigned mounts;
};

static void add(struct section *section, const char *key, const char *value)
{
	json_object_set_new(section->pairs, key, output_string(value));
}

static int add_feature(const struct shale_feature *feature, void *arg)
{
	char text[1024];

	snprintf(text, sizeof(text), "%s%s%s", feature->works ? "yes" : "no",
		feature->reason && *feature->reason ? ": " : "",
		feature->reason ? feature->reason : "");
	add(arg, feature->name, text);
	return 0;
}

static int add_status(const char *key, const char *value, void *arg)
{
	struct section *section = arg;
	bool lists_names = !strcmp(key, "Dead Mounts") || !strcmp(key, "Hung Mounts");

	add(section, key, *value && lists_names && !section->names ? "there are some" : value);
	return 0;
}

static int add_mount(const struct shale_layer_info *layer, void *arg)
{
	struct section *section = arg;
	char key[64], text[256];

	if (!*layer->state)
		return 0;
	snprintf(key, sizeof(key), "mount %u", ++section->mounts);
	snprintf(text, sizeof(text), "%s, backend %s, users %d, %s%s", layer->state,
		*layer->backend ? layer->backend : "unknown", layer->mounted, layer->kind,
		*layer->owners ? ", owners mapped" : "");
	add(section, section->names ? layer->id : key, text);
	return 0;
}

/* Adds the store to the report. If the store cannot be opened, the report has the error. */
static void report_store(struct cli *cli, bool names, json_t *report)
{
	struct section status = { json_object(), names, 0 }, features = { json_object(), names, 0 },
		       mounts = { json_object(), names, 0 };

	if (!cli_open(cli))
		add(&status, "error", cli->err.text);
	else if (shale_store_status(cli->store, add_status, &status, &cli->err) < 0 ||
		 shale_store_probe(cli->store, add_feature, &features, &cli->err) < 0 ||
		 shale_layer_list(cli->store, add_mount, &mounts, &cli->err) < 0)
		add(&status, "error", cli->err.text);
	const char *run = json_string_value(json_object_get(status.pairs, "Run"));
	json_t *logs = report_logs(run, names);
	json_object_set_new(report, "store", status.pairs);
	json_object_set_new(report, "features", features.pairs);
	json_object_set_new(report, "mounts", mounts.pairs);
	json_object_set_new(report, "logs", logs);
}

static void print(const json_t *report)
{
	const char *title, *key;
	json_t *pairs, *value;

	json_object_foreach((json_t *)report, title, pairs)
	{
		printf("== %s\n", title);
		json_object_foreach(pairs, key, value)
		{
			output_words(key, ": ", json_string_value(value));
		}
	}
}

static int run(struct cli *cli, int argc, char **argv)
{
	static const struct option options[] = { { "names", no_argument, NULL, 'n' }, { 0 } };
	bool names = false;
	int c;

	while ((c = cli_option(cli, argc, argv, options)) > 0)
		names = true;
	if (c < 0 || !cli_arguments(cli, argc, 0, 0))
		return CLI_USAGE;
	json_t *report = json_object();
	json_object_set_new(report, "versions", report_versions());
	json_object_set_new(report, "caller", report_caller());
	report_store(cli, names, report);
	if (cli->json) {
		output_json(report);
		return CLI_DONE;
	}
	print(report);
	json_decref(report);
	return CLI_DONE;
}

const struct command command_report = {
	.name = "report",
	.args = "[--names]",
	.summary = "everything about this host and its mounts that a bug report needs",
	.run = run,
};
