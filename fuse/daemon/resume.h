/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Serves the requests that must come first, in one thread, before any other thread reads requests.
 */

#pragma once

#include "fuse/daemon/connection.h"

/* Asks the kernel to send again the requests that an earlier worker has not answered, and serves
 * them. They must be served first: another request would see half of their changes. */
int connection_resume(struct connection *connection);
/* Serves INIT, which the kernel sends when the mount is made. Does nothing for an adopted mount.
 * Returns 0 or a negative errno. */
int connection_begin(struct connection *connection);
