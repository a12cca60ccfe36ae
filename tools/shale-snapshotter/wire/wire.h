/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A gRPC server over plain HTTP/2. A service is a table of methods; each call has a request and a
 * reply. This code does not know what messages mean. */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The numbers of statuses are gRPC's. */
enum wire_status {
	WIRE_OK = 0,
	WIRE_CANCELLED = 1,
	WIRE_UNKNOWN = 2,
	WIRE_INVALID_ARGUMENT = 3,
	WIRE_DEADLINE_EXCEEDED = 4,
	WIRE_NOT_FOUND = 5,
	WIRE_ALREADY_EXISTS = 6,
	WIRE_PERMISSION_DENIED = 7,
	WIRE_RESOURCE_EXHAUSTED = 8,
	WIRE_FAILED_PRECONDITION = 9,
	WIRE_ABORTED = 10,
	WIRE_OUT_OF_RANGE = 11,
	WIRE_UNIMPLEMENTED = 12,
	WIRE_INTERNAL = 13,
	WIRE_UNAVAILABLE = 14,
};

struct wire_call;

/* A header of the request that a method passes on when it calls another service. */
struct wire_header {
	char *name, *value;
};

/* A method. It fills in the reply, which is sent when it returns. */
typedef void wire_handler(struct wire_call *call, void *arg);

struct wire_method {
	const char *path; /* "/package.Service/Method" */
	wire_handler *run;
	bool waits; /* the method may wait for a disk or a lock: run it in a worker, not in the
		       event loop */
};

/* Returns the request, one message, which is valid until the call is answered. */
const uint8_t *wire_call_request(const struct wire_call *call, size_t *ret_size);
/* Returns the *RET_N headers of the request that begin with "containerd-". */
const struct wire_header *wire_call_headers(const struct wire_call *call, size_t *ret_n);
/* Adds a message of SIZE bytes to the reply and returns it; the caller fills it in before it calls
 * this again. NULL without memory; the call has then failed. */
uint8_t *wire_call_reply(struct wire_call *call, size_t size);
/* Fails the call: sends STATUS and no message. If it is called twice, the second STATUS is sent. */
void wire_call_fail(struct wire_call *call, enum wire_status status, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Counts of one method's calls. Statuses have the numbers 0 to 16. */
#define WIRE_STATUSES 17
struct wire_tally {
	atomic_uint_least64_t calls[WIRE_STATUSES]; /* number of calls for each status */
	atomic_uint_least64_t nanoseconds;          /* how long all calls took together */
};

/* The most services of a server. */
#define WIRE_SERVICES_MAX 4

struct wire_service {
	const struct wire_method *methods; /* the service's methods; the last one has no path */
	void *arg;                         /* passed to each method */
};

struct wire_server;

/* Makes a server. SERVICES is a list; the last service has no methods. */
int wire_server_new(const struct wire_service *services, struct wire_server **ret);
/* Waits for the running calls, and frees the server. */
void wire_server_free(struct wire_server *server);
/* Accepts connections on the listening socket FD, which the server then owns. */
int wire_server_listen(struct wire_server *server, int fd);
/* Serves until wire_server_stop is called and all calls are answered. */
int wire_server_run(struct wire_server *server);
/* Makes the server accept no more calls, and end after those that run. Called again: end without
 * waiting for them. A signal handler may call it. */
void wire_server_stop(struct wire_server *server);
/* Returns the counts of METHOD, a method of one of the services' tables. Any thread may call it. */
const struct wire_tally *wire_server_tally(
	const struct wire_server *server, const struct wire_method *method);
