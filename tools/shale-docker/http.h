/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* HTTP on a unix socket, with one thread for each connection. It knows the driver's calls only
 * through the table of endpoints. */
#pragma once

#include "tools/shale-docker/endpoint.h"

struct http;
/* LISTENER, a listening socket, stays the caller's. */
int http_start(int listener, struct driver *driver, struct http **ret, struct shale_error *err);
/* Accepts no new call, waits for the running ones, and ends. */
void http_stop(struct http *http);
