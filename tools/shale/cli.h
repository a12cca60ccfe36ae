/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The subcommands of shale(1): their table, options, and output. */
#pragma once

#include <getopt.h>
#include <jansson.h>
#include <stdbool.h>

#include "common/shale.h"

/* Results of a command's run(). CLI_FAILED: main() prints cli->err. CLI_NO: the answer is "no",
 * shown as exit status. CLI_USAGE: the usage was printed. */
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
	struct shale_store *store; /* the store, which cli_open opens */
	struct shale_error err;
};

/* One subcommand. Each has a file of its own. */
struct command {
	const char *name;
	const char *args;    /* arguments, as the usage shows them */
	const char *summary; /* a line for --help */
	int (*run)(struct cli *cli, int argc, char **argv);
	bool rest; /* the first argument ends the options: what follows belongs to another program
		    */
	bool makes_store; /* the command makes a missing store; others fail without one */
};

/* All subcommands, NULL-terminated. */
extern const struct command *const commands[];
const struct command *command_find(const char *name);

/* Returns the next option of a command; options and arguments may be mixed. Returns 0 at the end,
 * with optind at the first argument; -1 for a wrong option, which was reported. Handles --json and
 * --help itself. */
int cli_option(struct cli *cli, int argc, char **argv, const struct option *options);
/* Parses the options of a command that has only --json and --help. Returns false if the command
 * must return CLI_USAGE. */
bool cli_no_options(struct cli *cli, int argc, char **argv);
/* Tells whether MIN to MAX arguments (MAX -1: any number) follow the options; if not, prints the
 * usage. */
bool cli_arguments(struct cli *cli, int argc, int min, int max);
/* Prints WHY and the command's usage. Returns CLI_USAGE. */
int cli_usage(const struct cli *cli, const char *why, const char *word);

/* Fills ERR with the error CODE, a negative errno, as "WHAT: WHY". If ERR has words already,
 * changes nothing. Returns CODE. */
int cli_fail(struct shale_error *err, int code, const char *what, ...)
	__attribute__((format(printf, 3, 4)));

/* Prints "shale: TEXT" on standard error, quoted as in tools/quote.h. */
void cli_say(const char *text);
/* Prints "shale: WHAT: WHY" and the remedy, quoted. */
void cli_print_error(const struct shale_error *err);

/* Opens the store, unless it is open; a missing store is made only if the command makes stores.
 * Returns false if the command must return CLI_FAILED. */
bool cli_open(struct cli *cli);
/* Returns CLI_DONE for RESULT >= 0, else CLI_FAILED. */
int cli_result(int result);
