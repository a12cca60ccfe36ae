/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One call of a service that another process serves over a unix socket. It blocks its thread, and
 * uses a connection of its own. */
#pragma once

#include "tools/shale-snapshotter/wire/wire.h"

struct wire_client;

/* Begins a call of METHOD ("/package.Service/Method") at ADDRESS, a path, perhaps behind "unix://".
 * The N HEADERS are sent with it. */
int wire_client_open(const char *address, const char *method, const struct wire_header *headers,
	size_t n, struct wire_client **ret);
/* Sends a message; LAST: no other one follows. Negative: the call has ended, or the connection. */
int wire_client_send(struct wire_client *client, const uint8_t *data, size_t size, bool last);
/* Waits for a message, which is valid until the next call. 1: there is one; 0: the call has ended,
 * and wire_client_status says how; negative: the connection has. */
int wire_client_receive(struct wire_client *client, const uint8_t **ret, size_t *ret_size);
/* The status that the call has ended with, WIRE_UNAVAILABLE if the connection was lost, and the
 * words of the server ("" without). */
enum wire_status wire_client_status(const struct wire_client *client, const char **ret_words);
/* Ends the call if it has not ended. NULL is allowed. */
void wire_client_close(struct wire_client *client);
