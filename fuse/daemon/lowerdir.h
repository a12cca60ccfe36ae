/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The value of the option lowerdir: "A:B::C", topmost first. Layers after "::" hold only data. */
#pragma once

#include <stddef.h>

#include "common/shale.h"

/* Layers, topmost first; the last N_DATA of them hold only data. */
struct lowerdir {
	char **paths;
	size_t n, n_data;
};

int lowerdir_add(struct lowerdir *lowers, const char *value, struct shale_error *err);
/* Copies LENGTH bytes of PATH without the backslashes that escape the next byte. RET has room for
 * LENGTH + 1 bytes, and may be PATH itself. */
void lowerdir_unescape(char *ret, const char *path, size_t length);
