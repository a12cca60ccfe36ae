/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/daemon/handlers.h"

#include "fuse/daemon/reply.h"

/* Ends the session. Without an answer to INIT the mount cannot be used, and processes that wait in
 * it would wait for ever. */

static void fail(struct connection *connection, int code)
{
	atomic_store(&connection->error, code);
}

void handle_init(const struct request *request)
{
	struct connection *connection = request->connection;
	const struct fuse_init_in *in = request->in;
	size_t size = (size_t)(request->data - (const char *)in) + request->size;
	struct fuse_init_out out;
	int r = connection_agree(connection, in, size, &out);

	if (r < 0) {
		reply_code(request, r);
		fail(connection, r);
		return;
	}
	/* If the kernel has a newer protocol, it sends INIT again: agreed only after that. */
	bool agreed = in->major == PROTOCOL_MAJOR;
	if (agreed)
		atomic_store(&connection->initialised, true);
	r = reply_body(request, &out, sizeof(out));
	if (r < 0)
		fail(connection, r);
	else if (agreed)
		connection->ready(connection->arg);
}

void handle_destroy(const struct request *request)
{
	reply_code(request, 0);
}

void handle_nothing(const struct request *request)
{
}
