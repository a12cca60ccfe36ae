/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tells a layer that is being removed in place (remains.h) from a layer or another directory. */
#pragma once

#include "common/shale.h"
#include "common/store/id.h"

/* Returns 1 if HOME/ID is being removed; 0 if it is a layer, a damaged one, or missing. After a
 * reboot, which empties RUN, a directory counts as being removed only if it has no file 'link'
 * and holds nothing but parts of a layer. */
int remains_at(const struct shale_store *store, const char *id);

/* The directory of the marks in RUN. A failure to make a mark is no error. */
#define REMAINS_MARKS "removed"
void remains_mark(const struct shale_store *store, const char *id);
void remains_unmark(const struct shale_store *store, const char *id);
