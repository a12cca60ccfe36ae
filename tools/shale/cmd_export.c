/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale/config_words.h"
#include "tools/shale/progress_line.h"

#include <sys/resource.h>

/* Raises the limit of open files, because all blobs of a layout stay open until the last one is
 * written. */
static void raise_open_files(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

static int export(
	struct cli *cli, const char *what, const char *dest, const struct config_words *words)
{
	const struct shale_export_options options = { .size = sizeof(options),
		.flags = words->flag ? SHALE_EXPORT_FORCE : 0,
		.config = &words->options,
		.progress = progress_or_null() };

	raise_open_files();
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

	if (config_words_parse(&config, cli, argc, argv, "force") && cli_arguments(cli, argc, 2, 2))
		r = export(cli, argv[optind], argv[optind + 1], &config);
	config_words_free(&config);
	return r;
}

const struct command command_export = {
	.name = "export",
	.args = "[--config KEY=VALUE]... [--author NAME] [--message TEXT] [--force] ID|NAME DEST",
	.summary = "export to oci:DIR[:TAG], oci-archive:FILE, docker-archive:FILE or tar:FILE; "
		   "FILE '-' is standard output",
	.run = run,
};
