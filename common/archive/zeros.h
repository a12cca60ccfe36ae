/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* Tells whether SIZE bytes, at least one, are all zero. */
static inline bool data_is_zero(const char *data, size_t size)
{
	return data[0] == 0 && !memcmp(data, data + 1, size - 1);
}
