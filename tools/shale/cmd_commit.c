/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale/config_words.h"
#include "tools/shale/output.h"
#include "tools/shale/progress_line.h"

/* Refuses options for the config together with a move, because a moved layer keeps its config. */
static bool fits(struct cli *cli, const struct config_words *words)
{
	if (!words->flag ||
		(!words->changes.n && !words->options.author && !words->options.message))
		return true;
	cli_usage(cli, "--move changes no config:", "--config, --author and --message");
	return false;
}

static int commit(struct cli *cli, const char *id, const char *new_id, bool move,
	const struct shale_config_options *config)
{
	if (!cli_open(cli))
		return CLI_FAILED;
	const struct shale_commit_options options = { .size = sizeof(options),
		.flags = move ? SHALE_COMMIT_MOVE : 0,
		.config = config,
		.progress = progress_or_null() };
	int r = shale_layer_commit(cli->store, id, new_id, &options, &cli->err);
	progress_clear();
	if (r >= 0)
		output_value(cli, "id", new_id);
	return cli_result(r);
}

static int run(struct cli *cli, int argc, char **argv)
{
	struct config_words config = { 0 };
	int r = CLI_USAGE;

	if (config_words_parse(&config, cli, argc, argv, "move") &&
		cli_arguments(cli, argc, 2, 2) && fits(cli, &config))
		r = commit(cli, argv[optind], argv[optind + 1], config.flag, &config.options);
	config_words_free(&config);
	return r;
}

const struct command command_commit = {
	.name = "commit",
	.args = "[--move | [--config KEY=VALUE]... [--author NAME] [--message TEXT]] ID NEW",
	.summary = "freeze what a writable layer holds as the new layer NEW, and print its id",
	.run = run,
};
