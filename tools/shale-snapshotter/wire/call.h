/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A call, from the first header of its request to the last byte of its reply. */
#pragma once

#include "tools/shale-snapshotter/wire/bytes.h"
#include "tools/shale-snapshotter/wire/wire.h"

/* Each message begins with a flag (compressed) and its length, big-endian. */
#define WIRE_PREFIX_SIZE 5
/* The most bytes of a request, as in gRPC's own servers. */
#define WIRE_REQUEST_MAX (4 << 20)

/* How many headers to pass on to methods; further ones are dropped. */
#define WIRE_HEADERS_MAX 4
/* The longest value of a header: a client may keep many calls open, and each of them keeps its
 * headers. */
#define WIRE_HEADER_MAX 1024

struct wire_connection;

struct wire_call {
	/* NULL: the client has gone. Only the loop uses this field. */
	struct wire_connection *connection;
	struct wire_call *previous, *next; /* the connection's list of calls */
	struct wire_call *queued;          /* next call in a queue of the workers */
	int32_t stream;
	const struct wire_method *method;
	struct wire_tally *tally;                     /* counts the calls of the method */
	void *arg;                                    /* the argument for the method */
	struct wire_header headers[WIRE_HEADERS_MAX]; /* headers to pass on to the method */
	size_t n_headers;
	bool is_post, is_grpc; /* facts that the request's headers tell */
	bool received;         /* the whole request was received */
	bool answered;         /* the reply was decided: ignore the rest of the request */
	bool running;          /* a worker runs the call */
	int64_t deadline;      /* nanoseconds of CLOCK_MONOTONIC; 0: no limit */

	struct wire_bytes in, out;
	size_t sent; /* number of bytes of OUT that are sent */
	enum wire_status status;
	char *message; /* the status's message, encoded; NULL: none */
};

/* Runs the method, which fills in the reply, and counts the call. */
void wire_call_run(struct wire_call *call);
/* Keeps a header for the method. Returns 0 or -ENOMEM. If the value is too long, the call has
 * failed. */
int wire_call_keep_header(
	struct wire_call *call, const uint8_t *name, const uint8_t *value, size_t size);
struct wire_call *wire_call_new(struct wire_connection *connection, int32_t stream);
void wire_call_free(struct wire_call *call);

/* Tells whether IN is one whole message that is not compressed. If not, the call has failed. */
bool wire_call_is_complete(struct wire_call *call);
/* Tells whether the call's time is over. If so, the call has failed. */
bool wire_call_is_late(struct wire_call *call);
/* Sets the time limit from TEXT, a header "grpc-timeout". A malformed TEXT means no limit. */
void wire_call_set_timeout(struct wire_call *call, const char *text, size_t size);
