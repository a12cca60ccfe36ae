/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Locks between processes and between threads: flock() on files that exist for nothing else. */
#pragma once

#include "common/shale.h"

/* Opens the lock file NAME in DIRFD, makes it if need be, and takes OPERATION (LOCK_SH or LOCK_EX,
 * perhaps | LOCK_NB). The descriptor is the lock: closing it gives it up. -EWOULDBLOCK. */
int lock_take(int dirfd, const char *name, int operation);

/* The exclusive lock of the layer ID: its references, its mount, and its place in HOME. */
int lock_layer(const struct shale_store *store, const char *id, struct shale_error *err);
/* Held shared (LOCK_SH) while a layer is mounted, with its lock held already; exclusively while
 * what others may just be mounting changes its place. */
int lock_places(const struct shale_store *store, int operation, struct shale_error *err);
/* Removes the lock file of a layer that is gone; its lock must be held. */
void lock_layer_forget(const struct shale_store *store, const char *id);
