/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale/engine/engine.h"
#include "tools/shale/engine/program.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

enum { IMAGES = 'i', SOCKET = 's', USER = 'u', NEWEST = 1000 };

static const struct engine *const engines[] = { &engine_containerd, &engine_docker, &engine_podman,
	NULL };

static const struct engine *find_engine(const char *name)
{
	for (size_t i = 0; engines[i]; i++)
		if (!strcmp(engines[i]->name, name))
			return engines[i];
	return NULL;
}

/* Finds the version of the engine. If the engine is not installed, assumes its newest version. */
static bool find_version(const struct engine *engine, struct engine_check *check)
{
	char path[PATH_MAX], output[4096], text[32];
	const char *argv[] = { path, "--version", NULL };

	check->major = NEWEST;
	if (!program_find(engine->program, path))
		return report_check(check->report, "version", false, "the program is not installed",
			engine->missing);
	int r = program_run(argv, output, sizeof(output));
	const char *version = program_last_line(output);
	report_version(check->report, path, version);
	const bool known = r == 0 && program_version(version, &check->major, &check->minor);
	snprintf(text, sizeof(text), "%d.%d", check->major, check->minor);
	return report_check(check->report, "version", known,
		known ? text : "it does not tell its version", engine->missing);
}

static int answer(const struct engine *engine, struct engine_check *asked, bool user)
{
	struct report report;
	struct engine_check check = *asked;
	struct cli *cli = check.cli;

	check.report = &report;
	report_begin(&report, engine->name, user);
	const bool found = find_version(engine, &check);
	engine->configure(&check);
	if (found)
		engine->try(&check);
	report_end(&report, cli->json);
	return report.failed ? CLI_NO : CLI_DONE;
}

static int run(struct cli *cli, int argc, char **argv)
{
	static const struct option options[] = { { "images", required_argument, NULL, IMAGES },
		{ "socket", required_argument, NULL, SOCKET }, { "user", no_argument, NULL, USER },
		{ 0 } };
	struct engine_check check = { .cli = cli };
	bool user = false;
	int option;

	while ((option = cli_option(cli, argc, argv, options)) > 0) {
		if (option == USER)
			user = true;
		else if (option == IMAGES)
			check.images = optarg;
		else
			check.socket = optarg;
	}
	if (option < 0 || !cli_arguments(cli, argc, 1, 1))
		return CLI_USAGE;
	const struct engine *engine = find_engine(argv[optind]);
	if (!engine)
		return cli_usage(cli, "no such engine:", argv[optind]);
	if (check.images && engine != &engine_podman)
		return cli_usage(cli, "--images is for podman", NULL);
	return answer(engine, &check, user);
}

const struct command command_engine = {
	.name = "engine",
	.args = "containerd|docker|podman [--user] [--socket PATH] [--images DIR]",
	.summary = "the configuration with which the engine has its layers here, and what works of "
		   "it",
	.run = run,
	.makes_store = true,
};
