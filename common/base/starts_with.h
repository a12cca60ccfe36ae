/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether TEXT begins with PREFIX. */
#pragma once

#include <stdbool.h>
#include <string.h>

static inline bool starts_with(const char *text, const char *prefix)
{
	return !strncmp(text, prefix, strlen(prefix));
}
