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
		printf("%s: %s\n", what, why);
	return json_array_append_new(report->problems,
		json_pack("{s:o, s:o}", "what", output_string(what), "why", output_string(why)));
}

static int run(struct cli *cli, int argc, char **argv)
{
	struct report report = { .cli = cli };

	if (!cli_no_options(cli, argc, argv) || !cli_arguments(cli, argc, 0, 0))
		return CLI_USAGE;
	if (!cli_open(cli))
		return CLI_FAILED;
	report.problems = json_array();
	int r = shale_store_check(cli->store, tell_problem, &report, &cli->err);
	bool whole = json_array_size(report.problems) == 0;
	if (r >= 0 && cli->json)
		output_json(json_incref(report.problems));
	json_decref(report.problems);
	if (r < 0)
		return CLI_FAILED;
	return whole ? CLI_DONE : CLI_NO;
}

const struct command command_check = {
	.name = "check",
	.args = "",
	.summary = "see whether every layer is whole: its links, parents and records; exit with 1 "
		   "if not",
	.run = run,
};
