/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tells the remains of a layer that is being removed in place (remains.h) from a layer. */
#pragma once

#include "common/shale.h"
#include "common/store/id.h"

/* 1 if HOME/ID is such remains; 0 if it is a layer, a damaged one, or not there. After a reboot,
 * which takes RUN, only what has lost its file 'link' too, and holds nothing but parts of a layer,
 * is known. */
int remains_at(const struct shale_store *store, const char *id);

/* RUN/removed/ID, which marks them. That it cannot be made is no error. */
#define REMAINS_MARKS "removed"
void remains_mark(const struct shale_store *store, const char *id);
void remains_unmark(const struct shale_store *store, const char *id);
