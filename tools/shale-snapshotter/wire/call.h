/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A call, from the first header of its request to the last byte of its reply. */
#pragma once

#include "tools/shale-snapshotter/wire/bytes.h"
#include "tools/shale-snapshotter/wire/wire.h"

/* Every message has a flag (compressed) and its length, big-endian, in front. */
#define WIRE_PREFIX_SIZE 5
/* As gRPC's own servers have it. */
#define WIRE_REQUEST_MAX (4 << 20)

struct wire_connection;

struct wire_call {
	struct wire_connection *connection; /* NULL: the client is gone. The loop's alone. */
	struct wire_call *previous, *next;  /* of the connection */
	struct wire_call *queued;           /* behind it in a queue */
	int32_t stream;
	const struct wire_method *method;
	bool is_post, is_grpc; /* what its headers say */
	bool received;         /* to the end of the request */
	bool answered;         /* nothing that comes matters any more */
	bool running;          /* a worker has it */
	int64_t deadline;      /* in CLOCK_MONOTONIC's nanoseconds; 0: none */

	struct wire_bytes in, out;
	size_t sent; /* of OUT */
	enum wire_status status;
	char *message; /* of the status, as it goes over the wire; NULL: none */
};

struct wire_call *wire_call_new(struct wire_connection *connection, int32_t stream);
void wire_call_free(struct wire_call *call);

/* Whether IN is one whole message that is not compressed; otherwise the call has failed. */
bool wire_call_is_complete(struct wire_call *call);
/* Whether its time is up: it has failed then. */
bool wire_call_is_late(struct wire_call *call);
/* TEXT is a header "grpc-timeout". What cannot be read is no limit. */
void wire_call_set_timeout(struct wire_call *call, const char *text, size_t size);
