/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The command line of a service: --home, --run, --backend, --socket, and options of its own. */
#pragma once

#include "common/shale.h"

/* An option that only one service has. It has a value. */
struct command_option {
	const char *name, *value; /* "socket", "PATH" */
	const char *words;        /* words for --help */
};
#define COMMAND_OPTIONS_MAX 4

struct service {
	const char *name;    /* name of the program */
	const char *summary; /* one sentence of --help */
	const char *sockets; /* default of --socket, in words, for --help */
	/* the service's own options; the last has no name */
	struct command_option options[COMMAND_OPTIONS_MAX + 1];
};

struct command_line {
	struct shale_store_options store;
	const char *socket; /* value of --socket; without the option not changed */
	const char *values[COMMAND_OPTIONS_MAX]; /* values of the service's own options; NULL: not
						    given */
};

/* Parses the command line. Returns -1 to go on, or the exit status with which the program must
 * end. */
int command_line_parse(
	const struct service *service, int argc, char **argv, struct command_line *ret);
/* Prints ERR and its remedy. Returns EXIT_FAILURE. */
int command_line_complain(const struct service *service, const struct shale_error *err);
