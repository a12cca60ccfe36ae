/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The threads that serve a connection. As a rule one of them reads requests and serves each by
 * itself: the next request finds it awake, where a thread for each would have to be woken and sent
 * to sleep. Others are idle, and one of them joins in as soon as all readers are held up by the
 * requests that they serve.
 */
#pragma once

#include <stdbool.h>

#include "common/shale.h"
#include "fuse/daemon/connection.h"
#include "fuse/daemon/mountpoint.h"

struct loop_options {
	struct connection *connection;
	struct mountpoint *mountpoint; /* of the connection */
	unsigned int most;             /* threads; three must be possible */
	bool many;                     /* several read from the start, and all the time */
	bool asleep;                   /* a reader sleeps at once until there is a request */
};

/* Serves the mount until it is unmounted (0), or one of SIGHUP, SIGINT and SIGTERM asks for the end
 * (its number). Negative: threads could not be started, or the kernel not be answered. At the end,
 * threads that are stuck have four seconds: then the process ends, unmounted. */
int loop_serve(const struct loop_options *options, struct shale_error *err);
