/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The decoder: a request is checked against the table of operations (operations.h), taken apart,
 * and given to its handler, which answers it once (reply.h). */
#pragma once

#include "fuse/daemon/connection.h"

struct request {
	struct connection *connection;
	struct channel *channel;
	const struct fuse_in_header *header;
	uint32_t node;  /* the header's, known to the filesystem unless the operation has none */
	const void *in; /* the operation's struct: as many bytes as the table demands */
	const char *texts[2]; /* its strings, in order */
	const char *data; /* the bytes behind them, SIZE of them: what the struct counts, or all */
	size_t size;
};

/* Serves the request of SIZE bytes in CHANNEL's buffer, whatever it is. Negative: the kernel could
 * not be given its first answer, and no more will come. */
int request_serve(struct connection *connection, struct channel *channel, size_t size);
