/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who makes a request, and which groups and capabilities they have, as far as /proc tells. */
#pragma once

#include "fuse/daemon/handlers.h"

/* Good for as long as the request is. */
struct caller caller_of(fuse_req_t req);
