/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads the ends of the logs of shale-fuse, for `shale report`. */
#pragma once

#include <jansson.h>
#include <stdbool.h>

/* Returns a new JSON object with the last lines of each log below RUN, which may be NULL. Without
 * NAMES, quoted words of a line, which are names, become '...', and logs have numbers for names. */
json_t *report_logs(const char *run, bool names);
