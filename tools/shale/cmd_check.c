/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale/output.h"

#include <stdio.h>

struct report {
	const struct cli *cli;
	json_t *problems;
};

static int tell_problem(const char *what, const char *why, void *arg)
{
	struct report *report = arg;

	if (!report->cli->json)
		output_words(what, ": ", why);
	return json_array_append_new(report->problems,
		json_pack("{s:o, s:o}", "what", output_string(what), "why", output_string(why)));
}

static int look(struct cli *cli, int repair, struct report *report)
{
	if (repair)
		return shale_store_repair(cli->store, tell_problem, report, &cli->err);
	int r = shale_store_check(cli->store, tell_problem, report, &cli->err);
	return r == 0 ? json_array_size(report->problems) == 0 : r;
}

static int run(struct cli *cli, int argc, char **argv)
{
	static const struct option options[] = { { "repair", no_argument, NULL, 'r' }, { 0 } };
	struct report report = { .cli = cli };
	int option, repair = 0;

	while ((option = cli_option(cli, argc, argv, options)) > 0)
		repair = 1;
	if (option < 0 || !cli_arguments(cli, argc, 0, 0))
		return CLI_USAGE;
	if (!cli_open(cli))
		return CLI_FAILED;
	report.problems = json_array();
	int whole = look(cli, repair, &report);
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
