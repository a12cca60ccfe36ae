/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale/cli.h"
#include "tools/shale/progress.h"

static int run(struct cli *cli, int argc, char **argv)
{
	struct shale_image_options options = { .size = sizeof(options),
		.progress = progress_or_null() };

	if (!cli_no_options(cli, argc, argv) || !cli_arguments(cli, argc, 2, 2))
		return CLI_USAGE;
	if (!cli_open(cli))
		return CLI_FAILED;
	int r = shale_image_export(cli->store, argv[optind], argv[optind + 1], &options, &cli->err);
	progress_clear();
	return cli_result(r);
}

const struct command command_export = {
	.name = "export",
	.args = "ID|NAME DEST",
	.summary = "export to oci:DIR[:TAG], oci-archive:FILE, docker-archive:FILE or tar:FILE",
	.run = run,
};
