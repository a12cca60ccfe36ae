/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/daemon/resume.h"

#include "fuse/daemon/decode.h"

#include <errno.h>

/* Whether the request in CHANNEL is a new one, which the kernel sends for the first time. */
static bool is_new(const struct channel *channel)
{
	const struct fuse_in_header *header = (const void *)channel->buffer;

	if (header->unique & UNIQUE_RESEND)
		return false;
	return header->opcode != FUSE_FORGET && header->opcode != FUSE_BATCH_FORGET &&
	       header->opcode != FUSE_INTERRUPT;
}

/* Serves the requests that the kernel sends once more. They come before all others. So reads until
 * the first new request, and serves that one, too. */
static int serve_resent(struct connection *connection, struct channel *channel)
{
	const struct transport_ops *ops = connection->transport->ops;
	bool again = true;

	while (again && ops->waits(channel->transport)) {
		ssize_t n = ops->next(channel);
		if (n == -EINTR)
			continue;
		if (n <= 0)
			return (int)n;
		again = !is_new(channel);
		int r = request_serve(connection, channel, (size_t)n);
		if (r < 0)
			return r;
	}
	return 0;
}

int connection_resume(struct connection *connection)
{
	const struct fuse_out_header out = { .len = sizeof(out), .error = NOTIFY_RESEND };
	struct transport *transport = connection->transport;
	struct channel channel = { .transport = transport };
	int r = transport->ops->notify(transport, &out, sizeof(out));

	if (r == 0)
		r = transport->ops->start(&channel);
	if (r < 0)
		return r;
	r = serve_resent(connection, &channel);
	transport->ops->stop(&channel);
	return r;
}

/* Serves INIT in this thread. Another thread could do it, but the caller who waits for the mount
 * would have to wait until that thread wakes. */
int connection_begin(struct connection *connection)
{
	struct transport *transport = connection->transport;
	struct channel channel = { .transport = transport };
	int r = atomic_load(&connection->initialised) ? 0 : transport->ops->start(&channel);

	while (r == 0 && !atomic_load(&connection->initialised) &&
		transport->ops->waits(transport)) {
		ssize_t n = transport->ops->next(&channel);
		if (n == -EINTR)
			continue;
		if (n <= 0)
			r = (int)n;
		if (n <= 0)
			break;
		r = request_serve(connection, &channel, (size_t)n);
	}
	transport->ops->stop(&channel);
	return r;
}
