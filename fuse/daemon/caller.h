/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The caller of a request: ids, groups and capabilities, as far as /proc tells. */
#pragma once

#include "fuse/daemon/request.h"

/* UMASK: the request's, of those that make something. Good for as long as the request is. */
struct caller caller_of(const struct request *request, mode_t umask);
