/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale/output.h"
#include "tools/shale/parent_option.h"

static int run(struct cli *cli, int argc, char **argv)
{
	struct shale_diff_options diff;
	const char *id;
	uint64_t bytes;
	int r = parent_option_parse(cli, argc, argv, &id, &diff);

	if (r != CLI_DONE)
		return r;
	r = shale_layer_diff_size(cli->store, id, &diff, &bytes, &cli->err);
	if (r >= 0)
		output_number(cli, "bytes", bytes);
	return cli_result(r);
}

const struct command command_size = {
	.name = "size",
	.args = PARENT_ARGS,
	.summary = "how many bytes the files have that differ",
	.run = run,
};
