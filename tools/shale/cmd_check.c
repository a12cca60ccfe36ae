/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/base/scope.h"
#include "tools/shale/output.h"
#include "tools/shale/progress_line.h"

#include <stdio.h>

struct report {
	const struct cli *cli;
	json_t *problems;
};

static int tell_problem(const struct shale_problem *problem, void *arg)
{
	struct report *report = arg;
	const bool told = *problem->outcome;
	auto_free char *what = NULL;
	auto_free char *why = NULL;

	if (asprintf(&what, "%s %s", problem->kind, problem->name) < 0 ||
		asprintf(&why, "%s%s%s", problem->why, told ? "; " : "", problem->outcome) < 0)
		return -ENOMEM;
	progress_clear();
	if (!report->cli->json)
		output_words(what, ": ", why);
	return json_array_append_new(report->problems,
		json_pack("{s:o, s:o}", "what", output_string(what), "why", output_string(why)));
}

static int run(struct cli *cli, int argc, char **argv)
{
	static const struct option options[] = { { "repair", no_argument, NULL, 'r' }, { 0 } };
	struct report report = { .cli = cli };
	struct shale_check_options check = { .size = sizeof(check),
		.progress = progress_or_null() };
	int option;

	while ((option = cli_option(cli, argc, argv, options)) > 0)
		check.flags |= SHALE_CHECK_REPAIR;
	if (option < 0 || !cli_arguments(cli, argc, 0, 0))
		return CLI_USAGE;
	if (!cli_open(cli))
		return CLI_FAILED;
	report.problems = json_array();
	int whole = shale_store_check(cli->store, &check, tell_problem, &report, &cli->err);
	progress_clear();
	if (whole >= 0 && cli->json)
		output_json(json_incref(report.problems));
	json_decref(report.problems);
	if (whole < 0)
		return CLI_FAILED;
	return whole ? CLI_DONE : CLI_NO;
}

const struct command command_check = {
	.name = "check",
	.args = "[--repair]",
	.summary =
		"see whether every layer is whole, and with --repair mend or remove what is not; "
		"exit with 1 if something is not whole",
	.run = run,
};
