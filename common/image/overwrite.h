/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Decides whether an export may replace an existing file without --force. */
#pragma once

#include <sys/stat.h>

#include "common/shale.h"

/* Checks PATH, whose stat is ST. Returns 0 if the export may replace it or write to it: it is an
 * empty file, a tar archive (plain or compressed), a pipe or a device that is no disk. Returns
 * -EEXIST for any other file, and for a disk. */
int overwrite_check(const char *path, const struct stat *st, struct shale_error *err);
