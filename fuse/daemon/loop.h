/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The threads that serve a connection. Normally one of them reads requests and serves each by
 * itself: then it is awake for the next request, and no other thread has to be woken. The others
 * are idle. When the requests of all readers take long, an idle thread starts to read.
 */
#pragma once

#include <stdbool.h>

#include "common/shale.h"
#include "fuse/daemon/connection.h"
#include "fuse/daemon/mountpoint.h"

struct loop_options {
	struct connection *connection;
	struct mountpoint *mountpoint; /* the mount of the connection */
	unsigned int most;             /* number of threads; three must be possible */
	bool many;                     /* there are always several readers */
	bool asleep; /* a reader sleeps at once instead of polling for a request */
};

/*
 * Serves the mount. Returns 0 after an unmount; the number of the signal after SIGHUP, SIGINT or
 * SIGTERM; a negative errno if threads could not be started or INIT could not be answered. At the
 * end, threads that hang have four seconds; then the process unmounts and exits.
 */
int loop_serve(const struct loop_options *options, struct shale_error *err);
