/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Points in time as they are printed: RFC 3339, in UTC. */
#pragma once

#include <stdint.h>

#define WHEN_SIZE 32

/* "" for a time that is not known (-1). */
void when_format(int64_t seconds, char ret[WHEN_SIZE]);
/* How long ago that was, as "3 weeks"; "" for a time that is not known. */
void when_age(int64_t seconds, char ret[WHEN_SIZE]);
