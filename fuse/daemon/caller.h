/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The caller of a request: its ids, groups and capabilities, as far as /proc shows them. */
#pragma once

#include "fuse/daemon/request.h"

/* Reads the caller of REQUEST from /proc. UMASK is the umask in a request that makes a file. The
 * result is valid as long as the request. */
struct caller caller_of(const struct request *request, mode_t umask);
