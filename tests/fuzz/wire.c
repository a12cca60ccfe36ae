/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Gives a client's bytes to the server of the snapshotter's HTTP/2. The first byte of the input
 * says how many go at once; if it is even, the rest is the client's from its very first byte,
 * otherwise the preface and empty settings go in front.
 */
#include "tests/fuzz/target.h"

#include "common/base/scope.h"
#include "tools/shale-snapshotter/wire/connection.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static const char start[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0";

static void echo(struct wire_call *call, void *arg)
{
	size_t size;
	const uint8_t *data = wire_call_request(call, &size);
	uint8_t *to = wire_call_reply(call, size);

	if (to && size)
		memcpy(to, data, size);
}

static void fail(struct wire_call *call, void *arg)
{
	size_t size;
	const uint8_t *data = wire_call_request(call, &size);

	wire_call_fail(
		call, WIRE_UNKNOWN, "%.*s", (int)(size < 100 ? size : 100), (const char *)data);
}

#define SNAPSHOTS "/containerd.services.snapshots.v1.Snapshots/"
static const struct wire_method methods[] = { { SNAPSHOTS "Stat", echo, false },
	{ SNAPSHOTS "Prepare", echo, true }, { SNAPSHOTS "Remove", fail, true },
	{ NULL, NULL, false } };

/* A server, as wire/connection.c needs it, and the calls that wait for a worker. */
struct server {
	struct wire_door door;
	struct wire_call *waiting;
};

static int hand_over(struct wire_door *door, struct wire_call *call)
{
	struct server *server = (struct server *)door;

	call->queued = server->waiting;
	server->waiting = call;
	return 0;
}

static void work(struct server *server)
{
	struct wire_call *call;

	while ((call = server->waiting)) {
		server->waiting = call->queued;
		wire_call_run(call);
		wire_call_answer(call);
	}
}

static void drain(int fd)
{
	char buf[65536];

	while (recv(fd, buf, sizeof(buf), MSG_DONTWAIT) > 0)
		;
}

/* Gives the client's bytes to the connection. Returns false when the connection has ended. */
static bool give(struct server *server, struct wire_connection *connection, int client,
	const void *data, size_t size)
{
	if (size && send(client, data, size, MSG_DONTWAIT | MSG_NOSIGNAL) != (ssize_t)size)
		return false;
	bool goes_on = wire_connection_read(connection) >= 0 &&
		       wire_connection_write(connection) >= 0;
	drain(client);
	if (goes_on)
		work(server);
	return goes_on && wire_connection_write(connection) >= 0;
}

void fuzz_wire(const uint8_t *data, size_t size)
{
	struct wire_tally tallies[sizeof(methods) / sizeof(*methods)] = { 0 };
	struct server server = { .door = { .services = { { methods, NULL } },
					 .tallies = { tallies },
					 .hand_over = hand_over } };
	size_t step = size ? (size_t)data[0] * 16 + 1 : 1, at = 1;
	int fds[2];

	if (!size)
		return;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
		abort();
	struct wire_connection *connection = wire_connection_new(&server.door, fds[1]);
	if (!connection)
		abort();
	bool goes_on = !(data[0] & 1) ||
		       give(&server, connection, fds[0], start, sizeof(start) - 1);
	while (goes_on && at < size) {
		size_t n = size - at < step ? size - at : step;

		goes_on = give(&server, connection, fds[0], data + at, n);
		at += n;
	}
	/* Calls that are running outlive their connection. */
	wire_connection_free(connection);
	work(&server);
	close(fds[0]);
}
