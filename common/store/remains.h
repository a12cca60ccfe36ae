/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A layer that is removed where it lies, because the disk has no room for the rename into trash/:
 * layer.json goes first, and with it the layer. RUN/removed/ID says so until the rest is deleted.
 */
#pragma once

#include "common/shale.h"
#include "common/store/id.h"
#include "common/store/remains_found.h"

/* Takes layer ID away, whose lock must be held: RET is its name in trash/, or "" where it is
 * removed in place. */
int remains_make(const struct shale_store *store, const char *id, char ret[SHORT_LEN + 1]);
/* Deletes the remains; the lock of the layer must be held. */
int remains_delete(const struct shale_store *store, const char *id);
/* The same, with the lock taken; 0 if there are none. */
int remains_clear(const struct shale_store *store, const char *id, struct shale_error *err);

/* Deletes what killed processes left, as far as RUN knows of it. */
void remains_sweep(const struct shale_store *store);
/* All, in the whole of HOME; FN (may be NULL) is told ("trash", ID). */
int remains_sweep_all(
	const struct shale_store *store, shale_pair_fn *fn, void *arg, struct shale_error *err);
