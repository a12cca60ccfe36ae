/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* First work of a worker that takes over from another one. */
#pragma once

#include "fuse/daemon/connection.h"

/* Asks the kernel to send again the requests that an earlier worker has not answered, and serves
 * them. They must be served first: another request would see half of their changes. */
int connection_resume(struct connection *connection);
