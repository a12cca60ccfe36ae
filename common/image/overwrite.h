/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Decides whether an export may replace a file without the option for it. */
#pragma once

#include <sys/stat.h>

#include "common/shale.h"

/* Returns 0 if PATH, whose stat is ST, may be replaced or written to: an empty file, a tar archive,
 * plain or compressed, a pipe or something like it. -EEXIST: another file, or a disk. */
int overwrite_check(const char *path, const struct stat *st, struct shale_error *err);
