/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The decoder: checks a request against the table of operations (operations.h), splits it into its
 * parts, and calls its handler, which answers it once (reply.h). */
#pragma once

#include "fuse/daemon/connection.h"

/* Serves the request of SIZE bytes in CHANNEL's buffer, whatever it contains. Negative: INIT could
 * not be answered, and no request will follow. */
int request_serve(struct connection *connection, struct channel *channel, size_t size);
