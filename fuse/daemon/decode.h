/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The decoder: a request is checked against the table of operations (operations.h), taken apart,
 * and given to its handler, which answers it once (reply.h). */
#pragma once

#include "fuse/daemon/connection.h"

/* Serves the request of SIZE bytes in CHANNEL's buffer, whatever it is. Negative: the kernel could
 * not be given its first answer, and no more will come. */
int request_serve(struct connection *connection, struct channel *channel, size_t size);
