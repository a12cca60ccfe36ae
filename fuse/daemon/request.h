/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A decoded request, which a handler works on. */
#pragma once

#include "fuse/daemon/connection.h"

struct request {
	struct connection *connection;
	struct channel *channel;
	const struct fuse_in_header *header;
	uint32_t node;  /* the header's node; the filesystem knows it if the operation has one */
	const void *in; /* the operation's struct, with at least the bytes that the table demands */
	const char *texts[2]; /* its strings, in order */
	const char *data;     /* the SIZE bytes behind them: as many as the struct counts, or all */
	size_t size;
	int *no_space; /* where ENOSPC and EDQUOT are noted instead of being answered; NULL: nowhere
			*/
};
