/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The threads (workers) that serve a connection. Normally one of them, the reader, reads requests
 * and serves each by itself: so it is awake for the next request, and no other thread must be
 * woken. The others are idle. If the requests of all readers take long, an idle worker starts to
 * read, too. */
#pragma once

#include <stdbool.h>

#include "common/shale.h"
#include "fuse/daemon/connection.h"
#include "fuse/daemon/mountpoint.h"

struct loop_options {
	struct connection *connection;
	struct mountpoint *mountpoint; /* the mount of the connection */
	unsigned int most;             /* number of threads; at least three */
	bool many;                     /* use several readers all the time */
	bool asleep; /* a reader sleeps at once, and does not poll for a request first */
};

/* Serves the mount. Returns 0 after an unmount; the signal's number after SIGHUP, SIGINT or
 * SIGTERM; a negative errno if threads could not be started or INIT could not be answered. Threads
 * that still hang four seconds after the end has begun are left: the process unmounts and exits. */
int loop_serve(const struct loop_options *options, struct shale_error *err);
