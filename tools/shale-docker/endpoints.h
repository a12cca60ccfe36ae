/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table of the calls that dockerd makes. */
#pragma once

#include "tools/shale-docker/endpoint.h"

/* The row of the call whose name is NAME; NULL: there is none. */
const struct endpoint *endpoint_find(const char *name);
