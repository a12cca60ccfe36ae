/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Words for an error, gathered from the inside out: "open store '/x': Permission denied". */
#pragma once

#include "common/shale.h"

/* Puts the words of FORMAT in front of those already in ERR (strerror(-CODE) when there are none
 * yet) and returns CODE, a negative errno. ERR may be NULL. */
int error_fail(struct shale_error *err, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Like error_fail, for an error whose words stand by themselves: strerror(-CODE) is not added. */
int error_fail_plain(struct shale_error *err, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Says what the reader can do about it; the first remedy given stays. Returns CODE. */
int error_remedy(struct shale_error *err, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Empties ERR, before the caller tries something else in place of the failed call. */
void error_clear(struct shale_error *err);
