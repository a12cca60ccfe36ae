/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The locks of a layer and of the places where layers are mounted. */
#pragma once

#include "common/shale.h"

/* The exclusive lock of the layer ID: its references, its mount, and its place in HOME. */
int lock_layer(const struct shale_store *store, const char *id, struct shale_error *err);
/* Held shared (LOCK_SH) while a layer is mounted, with its lock held already; exclusively while
 * what others may just be mounting changes its place. */
int lock_places(const struct shale_store *store, int operation, struct shale_error *err);
/* Removes the lock file of a layer that is gone; its lock must be held. */
void lock_layer_forget(const struct shale_store *store, const char *id);
