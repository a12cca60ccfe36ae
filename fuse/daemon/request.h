/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A decoded request, which a handler works on. */
#pragma once

#include "fuse/daemon/connection.h"

struct request {
	struct connection *connection;
	struct channel *channel;
	const struct fuse_in_header *header;
	uint32_t node;  /* the header's node; if the operation has one, the filesystem knows it */
	const void *in; /* the operation's struct, as large as operations.c demands */
	const char *texts[2]; /* its strings, in order */
	/* The SIZE bytes after the strings: as many as the struct counts, or all. */
	const char *data;
	size_t size;
	int *no_space; /* a handler notes ENOSPC or EDQUOT here; NULL: it answers with it */
};
