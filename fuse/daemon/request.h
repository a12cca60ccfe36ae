/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A request that was taken apart: what a handler works on. */
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
