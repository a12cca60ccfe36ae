/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The threads that serve a connection. Normally one of them reads requests and serves each itself,
 * so that the next request finds it awake; waking a thread for each request would cost more. The
 * others are idle, and one of them starts to read when the requests of all readers take long.
 */
#pragma once

#include <stdbool.h>

#include "common/shale.h"
#include "fuse/daemon/connection.h"
#include "fuse/daemon/mountpoint.h"

struct loop_options {
	struct connection *connection;
	struct mountpoint *mountpoint; /* the mount of the connection */
	unsigned int most;             /* threads; three must be possible */
	bool many;                     /* always have several readers */
	bool asleep;                   /* a reader sleeps at once until there is a request */
};

/* Serves the mount until it is unmounted (0), or SIGHUP, SIGINT or SIGTERM comes (its number).
 * Negative: threads could not be started, or INIT could not be answered. At the end, threads that
 * hang have four seconds; then the process exits, unmounted. */
int loop_serve(const struct loop_options *options, struct shale_error *err);
