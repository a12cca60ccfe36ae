/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Removes a layer in place, when the disk has no room for the rename into trash/. Deletes
 * layer.json first, since a directory without it is no layer. RUN/removed/ID marks the directory
 * until all of it is deleted. */
#pragma once

#include "common/shale.h"
#include "common/store/id.h"
#include "common/store/remains_found.h"

/* Begins to remove layer ID, whose lock the caller holds. RET is its new name in trash/, or "" if
 * it is being removed in place. */
int remains_make(const struct shale_store *store, const char *id, char ret[SHORT_LEN + 1]);
/* Deletes the remains; the caller holds the layer's lock. */
int remains_delete(const struct shale_store *store, const char *id);
/* Takes the layer's lock and deletes its remains. Returns 0 also if there are none. */
int remains_clear(const struct shale_store *store, const char *id, struct shale_error *err);

/* Deletes the remains of killed processes that RUN has marks of. */
void remains_sweep(const struct shale_store *store);
/* Deletes the remains in all of HOME. Calls FN (may be NULL) with ("trash", ID) for each. */
int remains_sweep_all(
	const struct shale_store *store, shale_pair_fn *fn, void *arg, struct shale_error *err);
