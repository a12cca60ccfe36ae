/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale/config_words.h"
#include "tools/shale/progress.h"

static int export(struct cli *cli, const char *what, const char *dest,
	const struct shale_config_options *config)
{
	struct shale_image_options options = {
		.size = sizeof(options), .progress = progress_or_null(), .config = config
	};

	if (!cli_open(cli))
		return CLI_FAILED;
	int r = shale_image_export(cli->store, what, dest, &options, &cli->err);
	progress_clear();
	return cli_result(r);
}

static int run(struct cli *cli, int argc, char **argv)
{
	struct config_words config = { 0 };
	int r = CLI_USAGE;

	if (config_words_parse(&config, cli, argc, argv) && cli_arguments(cli, argc, 2, 2))
		r = export(cli, argv[optind], argv[optind + 1], &config.options);
	config_words_free(&config);
	return r;
}

const struct command command_export = {
	.name = "export",
	.args = "[--config KEY=VALUE]... [--author NAME] [--message TEXT] ID|NAME DEST",
	.summary = "export to oci:DIR[:TAG], oci-archive:FILE, docker-archive:FILE or tar:FILE; "
		   "FILE '-' is standard output",
	.run = run,
};
