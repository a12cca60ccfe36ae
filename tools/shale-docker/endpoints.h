/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table of the calls that dockerd makes. */
#pragma once

#include "tools/shale-docker/endpoint.h"

/* Returns the row of the call NAME, or NULL if there is none. */
const struct endpoint *endpoint_find(const char *name);
