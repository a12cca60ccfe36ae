/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A call, from the first header of its request to the last byte of its reply. */
#pragma once

#include "tools/shale-snapshotter/wire/bytes.h"
#include "tools/shale-snapshotter/wire/wire.h"

/* Each message begins with a flag (compressed) and its length, big-endian. */
#define WIRE_PREFIX_SIZE 5
/* The limit of gRPC's own servers. */
#define WIRE_REQUEST_MAX (4 << 20)

/* The headers that are passed on; more of them are left out. */
#define WIRE_HEADERS_MAX 4
/* A client may keep many calls open, and each of them keeps its headers. */
#define WIRE_HEADER_MAX 1024

struct wire_connection;

struct wire_call {
	struct wire_connection *connection; /* NULL: the client is gone. Only the loop uses it. */
	struct wire_call *previous, *next;  /* the connection's list of calls */
	struct wire_call *queued;           /* next call in a queue */
	int32_t stream;
	const struct wire_method *method;
	struct wire_tally *tally;                     /* counts the method */
	void *arg;                                    /* for the method */
	struct wire_header headers[WIRE_HEADERS_MAX]; /* to be passed on */
	size_t n_headers;
	bool is_post, is_grpc; /* read from its headers */
	bool received;         /* the request has ended */
	bool answered;         /* ignore the rest of the request */
	bool running;          /* a worker runs it */
	int64_t deadline;      /* nanoseconds of CLOCK_MONOTONIC; 0: no limit */

	struct wire_bytes in, out;
	size_t sent; /* bytes of OUT that are sent */
	enum wire_status status;
	char *message; /* the status's message, encoded; NULL: none */
};

/* Has the call's method fill in the reply, and counts it. */
void wire_call_run(struct wire_call *call);
/* Keeps a header that is passed on; -ENOMEM. With too long a value the call has failed. */
int wire_call_keep_header(
	struct wire_call *call, const uint8_t *name, const uint8_t *value, size_t size);
struct wire_call *wire_call_new(struct wire_connection *connection, int32_t stream);
void wire_call_free(struct wire_call *call);

/* True if IN is one whole message that is not compressed; otherwise the call has failed. */
bool wire_call_is_complete(struct wire_call *call);
/* True if its time is up: it has failed then. */
bool wire_call_is_late(struct wire_call *call);
/* TEXT is a header "grpc-timeout". A malformed one means no limit. */
void wire_call_set_timeout(struct wire_call *call, const char *text, size_t size);
