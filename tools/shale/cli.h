/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table of the subcommands of shale(1), their options, and how they answer. */
#pragma once

#include <getopt.h>
#include <jansson.h>
#include <stdbool.h>

#include "common/shale.h"

/* The result of a command's run(): 0 done, CLI_FAILED after main() shall print cli->err, CLI_NO for
 * an answer that is an exit status, CLI_USAGE once the usage was printed. */
enum {
	CLI_DONE = 0,
	CLI_NO = 1,
	CLI_USAGE = 2,
	CLI_FAILED = -1,
};

struct cli {
	struct shale_store_options options;
	bool json;
	const struct command *command;
	struct shale_store *store; /* of cli_open */
	struct shale_error err;
};

/* One subcommand, one file. */
struct command {
	const char *name;
	const char *args;    /* as the usage shows them */
	const char *summary; /* a line for --help */
	int (*run)(struct cli *cli, int argc, char **argv);
	bool rest; /* options end with the first argument: the rest is another program's */
};

/* To the end NULL. */
extern const struct command *const commands[];
const struct command *command_find(const char *name);

/* The next option of a command, which may stand between its arguments; 0 at the end, when optind is
 * at the first argument; -1 for a wrong one, after telling so. Takes --json and --help itself. */
int cli_option(struct cli *cli, int argc, char **argv, const struct option *options);
/* The same for a command without options of its own. False: return CLI_USAGE. */
bool cli_no_options(struct cli *cli, int argc, char **argv);
/* True if MIN to MAX arguments (MAX -1: any number) follow the options. */
bool cli_arguments(struct cli *cli, int argc, int min, int max);
/* Prints WHY and how the command is used; CLI_USAGE. */
int cli_usage(const struct cli *cli, const char *why, const char *word);

/* Fills ERR with words for CODE, a negative errno that is returned; "WHAT: WHY". Words that are
 * there already stay. */
int cli_fail(struct shale_error *err, int code, const char *what, ...)
	__attribute__((format(printf, 3, 4)));

/* "shale: TEXT" on standard error, quoted: tools/quote.h. */
void cli_say(const char *text);
/* "shale: WHAT: WHY", and the remedy; quoted. */
void cli_print_error(const struct shale_error *err);

/* Opens the store once. False: return CLI_FAILED. */
bool cli_open(struct cli *cli);
/* CLI_DONE for RESULT >= 0, else CLI_FAILED. */
int cli_result(int result);
