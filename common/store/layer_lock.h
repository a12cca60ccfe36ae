/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The lock of one layer, and the lock of all places where layers are mounted. */
#pragma once

#include "common/shale.h"

/* Takes the exclusive lock of the layer ID, which guards its references, its mount, and its name in
 * HOME. Finishes a snapshot of ID that a killed process left half done (switch_finish.h). */
int layer_lock(const struct shale_store *store, const char *id, struct shale_error *err);
/* Locks the places where layers are mounted. Take it shared (LOCK_SH) to mount a layer, after
 * the layer's own lock; exclusively to replace a directory that other processes may be mounting. */
int layer_lock_places(const struct shale_store *store, int operation, struct shale_error *err);
/* Removes the lock file of a removed layer; the caller holds the lock. */
void layer_lock_forget(const struct shale_store *store, const char *id);
