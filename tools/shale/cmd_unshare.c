/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/inherited.h"
#include "tools/shale/cli.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Warns that the namespace has only one id, and why: the command may fail because of that. */
static void warn_of_one_id(const struct shale_error *why)
{
	struct shale_error warning = *why;

	snprintf(warning.text, sizeof(warning.text), "only your own id is mapped: %.400s",
		why->text);
	cli_print_error(&warning);
}

static int run(struct cli *cli, int argc, char **argv)
{
	const char *shell = getenv("SHELL");
	char *default_command[] = { (char *)(shell && *shell ? shell : "/bin/sh"), NULL };

	if (!cli_no_options(cli, argc, argv))
		return CLI_USAGE;
	char **command = optind < argc ? argv + optind : default_command;
	int ids = shale_unshare(&cli->err);
	if (ids < 0)
		return CLI_FAILED;
	if (ids == 0)
		warn_of_one_id(&cli->err);
	inherited_restore();
	execvp(command[0], command);
	cli->err.code = -errno;
	snprintf(cli->err.text, sizeof(cli->err.text), "run '%s': %s", command[0], strerror(errno));
	return CLI_FAILED;
}

const struct command command_unshare = {
	.name = "unshare",
	.args = "[COMMAND [ARGUMENT]...]",
	.summary = "run COMMAND, or a shell, as uid 0 of a user and mount namespace of its own",
	.run = run,
	.rest = true,
};
