/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One client: an HTTP/2 session on a socket, and its calls. Only the loop uses it. */
#pragma once

#include "tools/shale-snapshotter/wire/call.h"

struct wire_connection;

/* The server, as a connection sees it. */
struct wire_door {
	struct wire_service services[WIRE_SERVICES_MAX + 1];
	struct wire_tally *tallies[WIRE_SERVICES_MAX]; /* counts of each method of each service */
	/* Has a worker run CALL; negative: it cannot be done. */
	int (*hand_over)(struct wire_door *door, struct wire_call *call);
};

/* Takes the socket FD over. */
struct wire_connection *wire_connection_new(struct wire_door *door, int fd);
/* Running calls go on, and are freed when they are done: see wire_connection_answer. */
void wire_connection_free(struct wire_connection *connection);
int wire_connection_fd(const struct wire_connection *connection);

/* A negative result of these three means that the connection has ended. */
int wire_connection_read(struct wire_connection *connection);
int wire_connection_write(struct wire_connection *connection);
/* Accepts no more calls. */
int wire_connection_stop(struct wire_connection *connection);
/* Whether bytes wait to be written, or calls to be answered. */
bool wire_connection_wants_to_write(const struct wire_connection *connection);
bool wire_connection_is_busy(const struct wire_connection *connection);

/* CALL is done: sends its reply, or frees it if its client is gone. Returns the connection to write
 * to, or NULL. */
struct wire_connection *wire_call_answer(struct wire_call *call);
