/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The command line of a service: --home, --run, --backend and --socket. */
#pragma once

#include "common/shale.h"

struct service {
	const char *name;    /* name of the program */
	const char *summary; /* one sentence of --help */
	const char *sockets; /* the default of --socket, in words */
};

struct command_line {
	struct shale_store_options store;
	const char *socket; /* unchanged without --socket */
};

/* Returns the exit status if the program must end; -1: go on. */
int command_line_parse(
	const struct service *service, int argc, char **argv, struct command_line *ret);
/* Prints ERR and its remedy; returns EXIT_FAILURE. */
int command_line_complain(const struct service *service, const struct shale_error *err);
