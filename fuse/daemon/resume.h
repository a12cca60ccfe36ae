/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Serves the requests that must come first, in one thread, before any other thread reads. */

#pragma once

#include "fuse/daemon/connection.h"

/* Asks the kernel to send once more the requests that an earlier worker has read and not answered,
 * and serves them. They must be served first: other requests would see changes that are half
 * done. */
int connection_resume(struct connection *connection);
/* Serves INIT, which the kernel sends when the mount is made. Does nothing for an adopted mount.
 * Returns 0 or a negative errno. */
int connection_begin(struct connection *connection);
