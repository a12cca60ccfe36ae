/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* All snapshots of a store, in memory, by their keys. Only the holds of layers are on the disk:
 * each is written in one step with the change of its layer, so a snapshot has either its old state
 * or its new one.
 *
 * One lock guards the catalog and all its snapshots. It is never held while the store works: a call
 * claims the snapshot that it changes.
 */
#pragma once

#include <pthread.h>

#include "common/shale.h"
#include "tools/shale-snapshotter/snapshots/snapshot.h"

struct catalog {
	struct shale_store *store;
	char *home; /* HOME of the store, for the paths in mounts */
	int alone;  /* descriptor of a lock: no other process has a catalog of this store */
	bool fuse, userxattr;        /* how the store mounts */
	pthread_mutex_t lock;        /* guards the fields below */
	pthread_cond_t released;     /* signalled when a snapshot is not busy any more */
	struct snapshot **snapshots; /* all snapshots, sorted by key */
	size_t n, capacity;
};

/* Reads all holds of STORE, which stays the caller's. */
int catalog_open(struct shale_store *store, struct catalog *ret, struct shale_error *err);
void catalog_close(struct catalog *catalog);

/* The caller of all functions below holds the lock. */

/* Returns the snapshot KEY; NULL if there is none, or only its name is reserved. */
struct snapshot *catalog_find(const struct catalog *catalog, const char *key);
/* Tells whether no snapshot has the name KEY, also not as a reserved one. */
bool catalog_has_name(const struct catalog *catalog, const char *key);
int catalog_add(struct catalog *catalog, struct snapshot *snapshot);
/* Removes SNAPSHOT, which belongs to the caller again. */
void catalog_drop(struct catalog *catalog, struct snapshot *snapshot);
/* Waits until no other call changes KEY, then marks it as BUSY or LEAVING. Returns NULL if there is
 * no such snapshot. Releases the lock while it waits. */
struct snapshot *catalog_claim(struct catalog *catalog, const char *key, enum snapshot_state state);
void catalog_release(struct catalog *catalog, struct snapshot *snapshot);
