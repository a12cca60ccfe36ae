/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Fills a struct shale_error for failures outside libshale. */
#pragma once

#include "common/shale.h"

/* Writes CODE and the words of FORMAT into ERR, which may be NULL, and returns CODE. */
int failure(struct shale_error *err, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
