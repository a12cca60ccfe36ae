/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A decoded request, as a handler gets it. */
#pragma once

#include "fuse/daemon/connection.h"

struct request {
	struct connection *connection;
	struct channel *channel;
	const struct fuse_in_header *header;
	uint32_t node;  /* the node in the header; if the operation uses it, the filesystem knows it
			 */
	const void *in; /* the operation's struct; its size was checked */
	const char *texts[2]; /* the strings in the request, in order */
	/* The data after the strings; SIZE is their length. */
	const char *data;
	size_t size;
	int *no_space; /* where a handler notes ENOSPC or EDQUOT instead of an answer; NULL: answer
			  with the error */
};
