/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Points in time in RFC 3339, in UTC: "2026-11-24T10:00:00Z". */
#pragma once

#include <stdint.h>

#define TIMESTAMP_SIZE 32

void timestamp_of(int64_t seconds, char ret[TIMESTAMP_SIZE]);
void timestamp_now(char ret[TIMESTAMP_SIZE]);
/* Parses a time. Returns the seconds since 1970, without the fraction; -1 if TEXT is not a time. */
int64_t timestamp_parse(const char *text);
