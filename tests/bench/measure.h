/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Measures the cost of a piece of work: wall time; processor time of the client (this process and
 * the children it waited for) and of the mount's daemon; the number of requests to the daemon. */
#pragma once

#include <stdint.h>
#include <sys/types.h>

/* The processes to measure. DAEMON is 0 without a daemon. STATS is the file of its option -o
 * stats=FILE, or NULL. */
struct probe {
	pid_t daemon;
	const char *stats;
};

struct reading {
	uint64_t wall, client, daemon; /* all in ns */
	char *stats;                   /* the daemon's statistics, one line each, or NULL */
};

/* Begins a measurement. Asks for the statistics first and reads the clocks last; measure_end does
 * it the other way round, so that the questions are not measured. */
void measure_begin(const struct probe *probe, struct reading *ret);
void measure_end(const struct probe *probe, struct reading *ret);
/* Prints one sample: WORK, OPS, the three times and the statistics that changed, the daemon's time
 * for a request, and how long single operations took. Frees both readings. */
void measure_print(const char *work, uint64_t ops, struct reading *before, struct reading *after);
