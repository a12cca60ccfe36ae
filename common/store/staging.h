/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A directory in HOME/staging/ in which one process prepares files; a rename then puts them into
 * the store. A lock shows other processes that the maker lives, so that they do not remove the
 * directory as a leftover. */
#pragma once

#include <stdbool.h>

#include "common/shale.h"
#include "common/store/id.h"

struct staging {
	const struct shale_store *store;
	char name[SHORT_LEN + 1];
	int dir;  /* -1: there is none */
	int lock; /* the directory's file "lock", which the maker keeps locked */
};

#define STAGING_NONE ((struct staging){ .dir = -1, .lock = -1 })

int staging_begin(const struct shale_store *store, struct staging *ret, struct shale_error *err);
/* Removes the directory, with all that has not been renamed away. */
void staging_end(struct staging *staging);
#define auto_staging __attribute__((cleanup(staging_end)))

/* Moves the leftovers of killed processes into the trash, and calls FN (may be NULL) with
 * ("staging", NAME). Without WAIT, returns at once if another process is just beginning a draft. */
int staging_sweep(const struct shale_store *store, bool wait, shale_pair_fn *fn, void *arg);
