/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* HTTP on a unix socket, one thread a connection. It knows of the driver's calls no more than the
 * table of endpoints. */
#pragma once

#include "tools/shale-docker/endpoint.h"

struct http;
/* LISTENER, a listening socket, stays the caller's. */
int http_start(int listener, struct driver *driver, struct http **ret, struct shale_error *err);
/* Takes no new call, waits for those that are under way, and ends. */
void http_stop(struct http *http);
