/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/base/scope.h"
#include "tools/shale/layer_warn.h"
#include "tools/shale/output.h"
#include "tools/shale/progress.h"

#include <fcntl.h>
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
	struct progress_of_file progress;
	uint64_t bytes;

	if (!cli_no_options(cli, argc, argv) || !cli_arguments(cli, argc, 1, 2))
		return CLI_USAGE;
	if (!cli_open(cli))
		return CLI_FAILED;
	auto_close int fd = open_input(cli, argc - optind > 1 ? argv[optind + 1] : NULL);
	if (fd < 0)
		return CLI_FAILED;
	progress_of_file_begin(&progress, argv[optind], fd);
	int r = shale_layer_apply_diff(cli->store, argv[optind], fd, &bytes, &cli->err);
	progress_of_file_end(&progress);
	if (r >= 0)
		r = shale_layer_metadata(
			cli->store, argv[optind], layer_warn, argv[optind], &cli->err);
	if (r >= 0)
		output_number(cli, "bytes", bytes);
	return cli_result(r);
}

const struct command command_apply = {
	.name = "apply",
	.args = "ID [FILE]",
	.summary = "make a tar, from FILE or standard input, the content of a layer",
	.run = run,
};
