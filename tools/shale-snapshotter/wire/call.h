/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One call: from the first header of the request to the last byte of the reply. */
#pragma once

#include "tools/shale-snapshotter/wire/bytes.h"
#include "tools/shale-snapshotter/wire/wire.h"

/* In front of each message: a byte (1: compressed), and the length in four bytes, big-endian. */
#define WIRE_PREFIX_SIZE 5
/* The most bytes of a request, as in gRPC's own servers. */
#define WIRE_REQUEST_MAX (4 << 20)

/* How many headers to pass on to methods; further ones are dropped. */
#define WIRE_HEADERS_MAX 4
/* The longest value of a header that is kept. A client may hold many calls open, and each keeps its
 * headers. */
#define WIRE_HEADER_MAX 1024

struct wire_connection;

struct wire_call {
	/* NULL if the client has gone. Only the event loop uses this field. */
	struct wire_connection *connection;
	struct wire_call *previous, *next; /* the connection's list of calls */
	struct wire_call *queued; /* next call in the list of calls that wait for a worker, or that
				     are done */
	int32_t stream;
	const struct wire_method *method;
	struct wire_tally *tally;                     /* counts this method's calls */
	void *arg;                                    /* passed to the method */
	struct wire_header headers[WIRE_HEADERS_MAX]; /* headers that the method may pass on */
	size_t n_headers;
	bool is_post, is_grpc; /* facts that the request's headers tell */
	bool received;         /* the whole request was received */
	bool answered;         /* the reply is fixed: ignore the rest of the request */
	bool running;          /* a worker runs the call */
	int64_t deadline;      /* nanoseconds of CLOCK_MONOTONIC; 0: no limit */

	struct wire_bytes in, out;
	size_t sent; /* number of bytes of OUT that are sent */
	enum wire_status status;
	char *message; /* words for the status, encoded for a header; NULL: none */
};

/* Runs the method, which fills in the reply, and counts the call. */
void wire_call_run(struct wire_call *call);
/* Keeps a header for the method. Returns 0 or -ENOMEM. A value that is too long fails the call. */
int wire_call_keep_header(
	struct wire_call *call, const uint8_t *name, const uint8_t *value, size_t size);
struct wire_call *wire_call_new(struct wire_connection *connection, int32_t stream);
void wire_call_free(struct wire_call *call);

/* Tells whether IN is exactly one message, uncompressed. If not, fails the call. */
bool wire_call_is_complete(struct wire_call *call);
/* Tells whether the call's time limit has passed. If so, fails the call. */
bool wire_call_is_late(struct wire_call *call);
/* Sets the time limit from TEXT, a header "grpc-timeout". A malformed TEXT means no limit. */
void wire_call_set_timeout(struct wire_call *call, const char *text, size_t size);
