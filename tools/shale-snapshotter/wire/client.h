/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calls a method of a service that another process serves over a unix socket. A call blocks its
 * thread, and uses a connection of its own. */
#pragma once

#include "tools/shale-snapshotter/wire/wire.h"

struct wire_client;

/* Begins a call of METHOD ("/package.Service/Method") at ADDRESS, a path, perhaps behind "unix://".
 * The N HEADERS are sent with it. */
int wire_client_open(const char *address, const char *method, const struct wire_header *headers,
	size_t n, struct wire_client **ret);
/* Sends a message. LAST: no other one follows. Returns a negative errno if the call or the
 * connection has ended. */
int wire_client_send(struct wire_client *client, const uint8_t *data, size_t size, bool last);
/* Waits for a message, which is valid until the next call. Returns 1; 0 if the call has ended, and
 * wire_client_status says how; or a negative errno if the connection has ended. */
int wire_client_receive(struct wire_client *client, const uint8_t **ret, size_t *ret_size);
/* Returns the status with which the call has ended, WIRE_UNAVAILABLE if the connection was lost.
 * RET_WORDS are the words of the server, or "". */
enum wire_status wire_client_status(const struct wire_client *client, const char **ret_words);
/* Ends the call if it has not ended, and frees CLIENT, which may be NULL. */
void wire_client_close(struct wire_client *client);
