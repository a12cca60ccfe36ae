/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* gRPC over plain HTTP/2: a service is a table of methods, and each call has a request and a reply.
 * The code here does not know the meaning of messages. */
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

/* A header of a request that a method passes on to another service, such as the namespace. */
struct wire_header {
	char *name, *value;
};

/* A method. It fills in the reply; when it returns, the call is answered. */
typedef void wire_handler(struct wire_call *call, void *arg);

struct wire_method {
	const char *path; /* "/package.Service/Method" */
	wire_handler *run;
	bool waits; /* the method may wait for a disk or a lock: a worker runs it, and not the loop
		     */
};

/* Returns the request, one message, which is valid until the call is answered. */
const uint8_t *wire_call_request(const struct wire_call *call, size_t *ret_size);
/* Returns the *RET_N headers of the request that begin with "containerd-". */
const struct wire_header *wire_call_headers(const struct wire_call *call, size_t *ret_n);
/* Adds a message of SIZE bytes to the reply and returns it; the caller fills it in before it calls
 * this again. NULL without memory; the call has then failed. */
uint8_t *wire_call_reply(struct wire_call *call, size_t size);
/* Fails the call: answers with STATUS and without the reply. If this is called twice, the last call
 * counts. */
void wire_call_fail(struct wire_call *call, enum wire_status status, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The calls of one method so far. Shale makes no status that gRPC does not know. */
#define WIRE_STATUSES 17
struct wire_tally {
	atomic_uint_least64_t calls[WIRE_STATUSES]; /* number of calls, by their status */
	atomic_uint_least64_t nanoseconds;          /* nanoseconds that all calls took */
};

/* The most services of a server. */
#define WIRE_SERVICES_MAX 4

struct wire_service {
	const struct wire_method *methods; /* the service's methods; the last one has no path */
	void *arg;                         /* argument of the methods */
};

struct wire_server;

/* Makes a server. SERVICES ends with a service without methods. */
int wire_server_new(const struct wire_service *services, struct wire_server **ret);
/* Waits for the running calls, and frees the server. */
void wire_server_free(struct wire_server *server);
/* Accepts connections from FD, a listening socket, which it takes over. */
int wire_server_listen(struct wire_server *server, int fd);
/* Serves until wire_server_stop was called and all calls were answered. */
int wire_server_run(struct wire_server *server);
/* Lets the server accept no more calls. After a second call of this it does not wait for running
 * calls either. A signal handler may call it. */
void wire_server_stop(struct wire_server *server);
/* Returns the counts of METHOD, a method of one of the services' tables. Any thread may call it. */
const struct wire_tally *wire_server_tally(
	const struct wire_server *server, const struct wire_method *method);
