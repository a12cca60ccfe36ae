/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The decoder: checks a request against the table of operations (operations.h), splits it into its
 * parts, and calls the handler, which answers it once (reply.h). */
#pragma once

#include "fuse/daemon/connection.h"

/* Serves the request of SIZE bytes in CHANNEL's buffer, whatever it contains. Returns a negative
 * errno if INIT could not be answered: then no request will follow. */
int request_serve(struct connection *connection, struct channel *channel, size_t size);
