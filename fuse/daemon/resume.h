/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The requests that one thread serves before the others read any. */
#pragma once

#include "fuse/daemon/connection.h"

/* Asks the kernel to send again the requests that an earlier worker has not answered, and serves
 * them. They must be served first: another request would see half of their changes. */
int connection_resume(struct connection *connection);
/* Serves INIT, which waits as soon as there is a mount; nothing of a mount that was adopted. 0, or
 * a negative errno. */
int connection_begin(struct connection *connection);
