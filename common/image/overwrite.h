/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Decides whether an export may replace a file without being told to. */
#pragma once

#include <sys/stat.h>

#include "common/shale.h"

/* PATH, which is ST, may be replaced or written to: an empty file, a tar archive, plain or
 * compressed, a pipe or what is like one. -EEXIST: another file, or a disk. */
int overwrite_check(const char *path, const struct stat *st, struct shale_error *err);
