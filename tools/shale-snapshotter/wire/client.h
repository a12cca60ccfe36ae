/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A client for one call of a service in another process, over a unix socket. A call blocks its
 * thread, and has its own connection. */
#pragma once

#include "tools/shale-snapshotter/wire/wire.h"

struct wire_client;

/* Begins a call of METHOD ("/package.Service/Method") with N HEADERS. ADDRESS is the path of the
 * socket, with or without "unix://" in front. */
int wire_client_open(const char *address, const char *method, const struct wire_header *headers,
	size_t n, struct wire_client **ret);
/* Sends a message. LAST: it is the last one. Returns a negative errno if the call or the connection
 * has ended. */
int wire_client_send(struct wire_client *client, const uint8_t *data, size_t size, bool last);
/* Waits for a message, which is valid until the next call of this function. Returns 1; 0 if the
 * call has ended (wire_client_status says how); a negative errno if the connection was lost. */
int wire_client_receive(struct wire_client *client, const uint8_t **ret, size_t *ret_size);
/* Returns the status with which the call has ended, WIRE_UNAVAILABLE if the connection was lost.
 * RET_WORDS are the words of the server, or "". */
enum wire_status wire_client_status(const struct wire_client *client, const char **ret_words);
/* Ends the call if it has not ended, and frees CLIENT, which may be NULL. */
void wire_client_close(struct wire_client *client);
