/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The cost of a piece of work: wall time, processor time of the client (this process and the
 * children it waited for) and of the mount's daemon, and the number of requests to the daemon.
 */
#pragma once

#include <stdint.h>
#include <sys/types.h>

/* The processes to measure. DAEMON 0: no daemon. STATS: the file of its -o stats=FILE; NULL: it has
 * none. */
struct probe {
	pid_t daemon;
	const char *stats;
};

struct reading {
	uint64_t wall, client, daemon; /* ns */
	char *stats;                   /* the daemon's figures, one line each, or NULL */
};

/* Asks for the figures before it reads the clocks; measure_end reads the clocks first. */
void measure_begin(const struct probe *probe, struct reading *ret);
void measure_end(const struct probe *probe, struct reading *ret);
/* Prints one sample: WORK, OPS, the three times and the figures that changed, with the daemon's
 * time a request and how long single operations took; frees both readings. */
void measure_print(const char *work, uint64_t ops, struct reading *before, struct reading *after);
