/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* First work of a worker that takes over from another one. */
#pragma once

#include "fuse/daemon/connection.h"

/* Asks the kernel to send again what an earlier worker has not answered; the answers to these
 * requests are due first, or others would see half of what they change. Serves them. 0, or a
 * negative errno. */
int connection_resume(struct connection *connection);
