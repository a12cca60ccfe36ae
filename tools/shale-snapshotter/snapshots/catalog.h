/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * All snapshots of a store, in memory by their keys. What lasts is in the holds of the layers, each
 * of which is written in one step with what becomes of its layer: before that step a snapshot is as
 * it was, and after it as it is to be.
 *
 * One lock guards the catalog and all its snapshots. It is never held while the store works: who
 * changes a snapshot claims it meanwhile.
 */
#pragma once

#include <pthread.h>

#include "common/shale.h"
#include "tools/shale-snapshotter/snapshots/snapshot.h"

struct catalog {
	struct shale_store *store;
	char *home;                  /* of the store, for the paths in mounts */
	int alone;                   /* a lock: no other process has such a catalog of it */
	bool fuse, userxattr;        /* how it mounts */
	pthread_mutex_t lock;        /* of what follows */
	pthread_cond_t released;     /* a snapshot is not busy any more */
	struct snapshot **snapshots; /* sorted by key */
	size_t n, capacity;
};

/* Reads all holds of STORE, which stays the caller's. */
int catalog_open(struct shale_store *store, struct catalog *ret, struct shale_error *err);
void catalog_close(struct catalog *catalog);

/* All of these with the lock held. */

/* NULL: there is none, or its name is only taken. */
struct snapshot *catalog_find(const struct catalog *catalog, const char *key);
/* Whether KEY is free. */
bool catalog_has_name(const struct catalog *catalog, const char *key);
int catalog_add(struct catalog *catalog, struct snapshot *snapshot);
/* It is the caller's again. */
void catalog_drop(struct catalog *catalog, struct snapshot *snapshot);
/* Waits until nobody else changes KEY, and makes it BUSY or LEAVING; NULL: there is none. The lock
 * is given up meanwhile. */
struct snapshot *catalog_claim(struct catalog *catalog, const char *key, enum snapshot_state state);
void catalog_release(struct catalog *catalog, struct snapshot *snapshot);
