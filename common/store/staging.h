/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A directory of one's own in HOME/staging/, where something is made that a rename then brings into
 * being. While its maker lives, a lock keeps others from taking it for a leftover. */
#pragma once

#include <stdbool.h>

#include "common/shale.h"
#include "common/store/id.h"

struct staging {
	const struct shale_store *store;
	char name[SHORT_LEN + 1];
	int dir;  /* -1: none */
	int lock; /* its file "lock" */
};

#define STAGING_NONE ((struct staging){ .dir = -1, .lock = -1 })

int staging_begin(const struct shale_store *store, struct staging *ret, struct shale_error *err);
/* Removes what has not been renamed away. */
void staging_end(struct staging *staging);
#define auto_staging __attribute__((cleanup(staging_end)))

/* Moves what killed processes left into the trash; FN (may be NULL) is told ("staging", NAME).
 * Returns at once if somebody is just beginning something there and WAIT is false. */
int staging_sweep(const struct shale_store *store, bool wait, shale_pair_fn *fn, void *arg);
