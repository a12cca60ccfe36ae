/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The words of an error. Each caller puts its own words in front: "open store '/x': Permission
 * denied". */
#pragma once

#include "common/shale.h"

/* Puts the words of FORMAT in front of those in ERR, or in front of strerror(-CODE) if ERR has no
 * words yet. Returns CODE, a negative errno. ERR may be NULL. */
int error_fail(struct shale_error *err, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Like error_fail, but does not add strerror(-CODE), since the words say enough. */
int error_fail_plain(struct shale_error *err, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Adds a remedy: what the reader can do about the error. The first remedy stays. Returns CODE. */
int error_remedy(struct shale_error *err, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Empties ERR, before the caller tries something else instead of the failed call. */
void error_clear(struct shale_error *err);
