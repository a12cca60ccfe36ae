/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The connection of one client: an HTTP/2 session on a socket, and its calls. Only the loop uses
 * it. */
#pragma once

#include "tools/shale-snapshotter/wire/call.h"

struct wire_connection;

/* The functions and objects of the server that a connection uses. */
struct wire_door {
	struct wire_service services[WIRE_SERVICES_MAX + 1];
	struct wire_tally *tallies[WIRE_SERVICES_MAX]; /* counts of each method of each service */
	/* Lets a worker run CALL. Returns a negative errno if no worker can. */
	int (*hand_over)(struct wire_door *door, struct wire_call *call);
};

/* Makes a connection on the socket FD, which it then owns. */
struct wire_connection *wire_connection_new(struct wire_door *door, int fd);
/* Frees the connection. Calls that are running go on; wire_call_answer frees them in the end. */
void wire_connection_free(struct wire_connection *connection);
int wire_connection_fd(const struct wire_connection *connection);

/* Reads requests. This function and the next two return a negative errno if the connection has
 * ended. */
int wire_connection_read(struct wire_connection *connection);
int wire_connection_write(struct wire_connection *connection);
/* Lets the connection accept no more calls. */
int wire_connection_stop(struct wire_connection *connection);
/* Tells whether bytes must be written, or calls answered. */
bool wire_connection_wants_to_write(const struct wire_connection *connection);
bool wire_connection_is_busy(const struct wire_connection *connection);

/* The method of CALL has returned: sends the reply, or frees CALL if the client has gone. Returns
 * the connection, which must be written to; NULL if it has gone. */
struct wire_connection *wire_call_answer(struct wire_call *call);
