/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Prints points in time in RFC 3339, in UTC, and how long ago they were. */
#pragma once

#include <stdint.h>

#define TIME_TEXT_SIZE 32

/* Writes a time as text; "" for an unknown time (-1). */
void time_text_format(int64_t seconds, char ret[TIME_TEXT_SIZE]);
/* Writes how long ago a time was, like "3 weeks"; "" for an unknown time. */
void time_text_age(int64_t seconds, char ret[TIME_TEXT_SIZE]);
