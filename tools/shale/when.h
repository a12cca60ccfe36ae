/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Prints points in time in RFC 3339, in UTC. */
#pragma once

#include <stdint.h>

#define WHEN_SIZE 32

/* Writes a time as text; "" for an unknown time (-1). */
void when_format(int64_t seconds, char ret[WHEN_SIZE]);
/* Writes how long ago a time was, like "3 weeks"; "" for an unknown time. */
void when_age(int64_t seconds, char ret[WHEN_SIZE]);
