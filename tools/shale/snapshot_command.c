/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale/snapshot_command.h"

#include "tools/shale/output.h"
#include "tools/shale/progress_line.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

static volatile sig_atomic_t caught;

static void catch (int signal)
{
	caught = signal;
}

static int show_until_signal(const char *what, uint64_t done, uint64_t total, void *arg)
{
	shale_progress_fn *show = progress_or_null();

	return caught ? 1 : show ? show(what, done, total, arg) : 0;
}

static const int signals[] = { SIGINT, SIGTERM, SIGHUP };

static void catch_signals(void)
{
	struct sigaction action = { .sa_handler = catch };

	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		sigaction(signals[i], &action, NULL);
}

/* If a signal was caught, ends this program by the same signal. */
static void end_by_signal(void)
{
	if (!caught)
		return;
	signal(caught, SIG_DFL);
	raise(caught);
}

static const char *word_of(int how)
{
	switch (how) {
	case SHALE_SNAPSHOT_MOVED:
		return "moved";
	case SHALE_SNAPSHOT_REFLINKED:
		return "reflinked";
	case SHALE_SNAPSHOT_COPIED:
		return "copied";
	case SHALE_SNAPSHOT_SWITCHED:
		return "switched";
	}
	return "immutable";
}

static void tell(struct cli *cli, const char *id, const struct shale_snapshot_result *result)
{
	const char *how = word_of(result->how);
	double seconds = (double)result->time / 1e9, pause = (double)result->pause / 1e9;

	if (cli->json) {
		output_json(json_pack("{s:s, s:s, s:f, s:f}", "id", id, "how", how, "seconds",
			seconds, "pause_seconds", pause));
		return;
	}
	output_value(cli, "id", id);
	fprintf(stderr, "shale: %s in %.4f s, users waited %.4f s\n", how, seconds, pause);
}

int snapshot_command(struct cli *cli, snapshot_command_fn *take, const char *id, const char *new_id,
	struct shale_snapshot_options *options)
{
	struct shale_snapshot_result *result = NULL;

	if (!cli_open(cli))
		return CLI_FAILED;
	catch_signals();
	options->progress = show_until_signal;
	int r = take(cli->store, id, new_id, options, &result, &cli->err);
	progress_clear();
	if (r >= 0)
		tell(cli, new_id, result);
	else
		end_by_signal();
	free(result);
	return cli_result(r);
}
