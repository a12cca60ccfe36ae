/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An HTTP server on a unix socket, with one thread for each connection. It finds the driver's calls
 * in the table of endpoints. */
#pragma once

#include "tools/shale-docker/endpoint.h"

struct http;
/* Starts the server. LISTENER, a listening socket, stays the caller's. */
int http_start(int listener, struct driver *driver, struct http **ret, struct shale_error *err);
/* Accepts no new call, waits for the running ones, and ends. */
void http_stop(struct http *http);
