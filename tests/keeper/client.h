/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A client: does the same random operations in its directory of two trees, and compares every
 * result and every byte. */
#pragma once

#include "tests/differential/rng.h"

#define CLIENT_PATIENCE 60 /* seconds: an operation that takes longer is taken for lost */

struct client_place {
	const char *trees[2]; /* each has a directory for each client, called by its number */
	uint64_t seed;
	bool no_links; /* make no hard links */
};

/* Runs client NUMBER in this process until SIGTERM comes. Exits with 0, or after a line on standard
 * error, if a result differs or no answer comes. */
void client_begin(const struct client_place *place, int number) __attribute__((noreturn));
