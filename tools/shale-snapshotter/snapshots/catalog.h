/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* All snapshots of a store, in memory, sorted by key. On the disk a snapshot is only a hold of its
 * layer. The hold is written in the same step as the change of the layer, so after a crash the
 * snapshot has either its old state or its new one.
 *
 * One lock guards the catalog and all its snapshots. It is never held while the store works: a call
 * claims the snapshot that it changes (catalog_claim). */
#pragma once

#include <pthread.h>

#include "common/shale.h"
#include "tools/shale-snapshotter/snapshots/snapshot.h"

struct catalog {
	struct shale_store *store;
	char *home; /* HOME of the store, for the paths in mounts */
	int alone;  /* descriptor of a lock: no other process may have a catalog of this store */
	bool fuse, userxattr;    /* whether mounts are made through FUSE, and with which prefix of
				    xattrs */
	pthread_mutex_t lock;    /* guards the fields below */
	pthread_cond_t released; /* signalled when a snapshot is not busy any more */
	struct snapshot **snapshots; /* all snapshots, sorted by key */
	size_t n, capacity;
};

/* Reads all holds of STORE, which stays the caller's. */
int catalog_open(struct shale_store *store, struct catalog *ret, struct shale_error *err);
void catalog_close(struct catalog *catalog);

/* For all functions below, the caller holds the lock. */

/* Returns the snapshot KEY. Returns NULL if there is none, or a call has only reserved the name. */
struct snapshot *catalog_find(const struct catalog *catalog, const char *key);
/* Tells whether the name KEY is free: no snapshot has it, and no call has reserved it. */
bool catalog_has_name(const struct catalog *catalog, const char *key);
int catalog_add(struct catalog *catalog, struct snapshot *snapshot);
/* Removes SNAPSHOT from the catalog; the caller owns it then. */
void catalog_drop(struct catalog *catalog, struct snapshot *snapshot);
/* Waits until no other call changes KEY, then marks it as BUSY or LEAVING. Returns NULL if there is
 * no such snapshot. Releases the lock while it waits. */
struct snapshot *catalog_claim(struct catalog *catalog, const char *key, enum snapshot_state state);
void catalog_release(struct catalog *catalog, struct snapshot *snapshot);
