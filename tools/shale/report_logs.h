/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads the ends of the logs of shale-fuse, for `shale report`. */
#pragma once

#include <jansson.h>
#include <stdbool.h>

/* Returns a new JSON object with the last lines of each log in RUN/log; an empty object if RUN is
 * NULL. If NAMES is false, it hides names: quoted words of a line become '...', and each log is
 * called by a number. */
json_t *report_logs(const char *run, bool names);
