/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale/output.h"
#include "tools/shale/progress.h"

#include <stdlib.h>

static int run(struct cli *cli, int argc, char **argv)
{
	struct shale_image_options options = { .size = sizeof(options),
		.progress = progress_or_null() };
	static const struct option known[] = { { "keep-blobs", no_argument, NULL, 'k' },
		{ "platform", required_argument, NULL, 'p' }, { 0 } };
	int option;
	char *id;

	while ((option = cli_option(cli, argc, argv, known)) > 0)
		if (option == 'p')
			options.platform = optarg;
		else
			options.keep_blobs = 1;
	if (option < 0 || !cli_arguments(cli, argc, 1, 2))
		return CLI_USAGE;
	if (!cli_open(cli))
		return CLI_FAILED;
	options.name = argc - optind > 1 ? argv[optind + 1] : NULL;
	int r = shale_image_import(cli->store, argv[optind], &options, &id, &cli->err);
	progress_clear();
	if (r >= 0) {
		output_value(cli, "id", id);
		free(id);
	}
	return cli_result(r);
}

const struct command command_import = {
	.name = "import",
	.args = "[--keep-blobs] [--platform OS/ARCH[/VARIANT]] SOURCE [NAME]",
	.summary = "import an image from an OCI layout, an OCI or docker archive, or a root "
		   "filesystem tar; '-' is standard input",
	.run = run,
};
