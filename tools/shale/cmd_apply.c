/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/base/scope.h"
#include "tools/shale/layer_warn.h"
#include "tools/shale/output.h"
#include "tools/shale/progress_line.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

static int open_input(struct cli *cli, const char *file)
{
	if (!file || !strcmp(file, "-")) {
		if (!isatty(STDIN_FILENO))
			return sys(fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3));
		cli->err = (struct shale_error){ .code = -ENOTTY,
			.text = "apply: standard input is a terminal",
			.remedy = "name a file, or redirect: shale apply ID <FILE" };
		return -ENOTTY;
	}
	int fd = sys(open(file, O_RDONLY | O_CLOEXEC));
	if (fd < 0) {
		cli->err.code = fd;
		snprintf(
			cli->err.text, sizeof(cli->err.text), "open '%s': %s", file, strerror(-fd));
	}
	return fd;
}

static int run(struct cli *cli, int argc, char **argv)
{
	struct shale_apply_options options = { .size = sizeof(options),
		.progress = progress_or_null() };
	struct shale_apply_result *result;

	if (!cli_no_options(cli, argc, argv) || !cli_arguments(cli, argc, 1, 2))
		return CLI_USAGE;
	if (!cli_open(cli))
		return CLI_FAILED;
	auto_close int fd = open_input(cli, argc - optind > 1 ? argv[optind + 1] : NULL);
	if (fd < 0)
		return CLI_FAILED;
	int r = shale_layer_apply(cli->store, argv[optind], fd, &options, &result, &cli->err);
	progress_clear();
	if (r < 0)
		return CLI_FAILED;
	layer_warn(argv[optind], result->warnings, result->skipped_xattrs);
	output_number(cli, "bytes", result->bytes);
	free(result);
	return CLI_DONE;
}

const struct command command_apply = {
	.name = "apply",
	.args = "ID [FILE]",
	.summary = "make a tar, from FILE or standard input, the content of a layer",
	.run = run,
};
