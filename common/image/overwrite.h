/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Decides whether an export may replace a file without the option for it. */
#pragma once

#include <sys/stat.h>

#include "common/shale.h"

/* Checks PATH, whose stat is ST. Returns 0 if it may be replaced or written to: an empty file, a
 * tar archive, plain or compressed, or a pipe or the like. Returns -EEXIST for another file, or a
 * disk. */
int overwrite_check(const char *path, const struct stat *st, struct shale_error *err);
