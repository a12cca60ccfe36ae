/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* RUN/refs/ID: the users of a layer's mount. refs_save needs the layer's lock. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/backend.h"
#include "common/store/mount/namespace.h"

/* A mount at a place that the user chose. */
struct ref_mount {
	char *dir;
	uint64_t id; /* unique id of the mount; 0: not known */
	char *how;   /* "bind": a bind mount of the layer's mount; else the backend's name */
};

struct refs {
	unsigned int gets; /* gets by shale_layer_get without a lease */
	json_t *leases;    /* gets with a lease, by its name; NULL: none */
	uint64_t id;       /* unique id of the layer's mount; 0: not known */
	char *target;      /* absolute path of the layer's mount; NULL: not mounted */
	char *owners;      /* how the mount shows owners (struct owners); NULL: as they are */
	char *backend;     /* the backend that made the layer's mount: "kernel", "fuse" */
	bool uncounted;    /* the layer's mount was found without a record of its users */
	bool writable;     /* the layer's mount was made writable */
	bool recorded;     /* RUN has a record of the layer */
	bool pending;   /* the process that mounted was killed before its caller learned the path */
	bool dead;      /* the mount's daemon is dead: unmount it before anything else */
	bool elsewhere; /* the mount is in another mount namespace, and not known to be gone */
	bool doubtful;  /* this process cannot tell whether the mount still exists */
	bool lost;      /* no process but the daemon is left in the mount's namespace */
	bool vanished;  /* somebody unmounted the mount without shale, and its daemon has not ended
			 */
	struct namespace namespace; /* the mount namespace of the layer's mount */
	/* The backend of a writable mount that was detached and is still in use; NULL: there is
	 * none. */
	char *detached;
	struct ref_mount *mounts;
	size_t n_mounts;
};

/* Reads the record of ID in RUN. It may be outdated: refs_look and refs_load correct it. */
int refs_read(
	const struct shale_store *store, const char *id, struct refs *ret, struct shale_error *err);
/* Writes the record, or removes the file if there are no uses. */
int refs_save(const struct shale_store *store, const char *id, const struct refs *refs,
	struct shale_error *err);
void refs_free(struct refs *refs);
#define auto_refs __attribute__((cleanup(refs_free)))

/* Counts all users of the layer: gets, gets with leases, and mounts. */
size_t refs_count(const struct refs *refs);
/* Removes all gets, with a lease or without. */
void refs_forget_gets(struct refs *refs);
/* Returns the number of gets with the lease NAME. */
unsigned int refs_of_lease(const struct refs *refs, const char *name);
int refs_set_lease(struct refs *refs, const char *name, unsigned int gets);
int refs_add_mount(struct refs *refs, const char *dir, const char *how, uint64_t id);
void refs_drop_mount(struct refs *refs, size_t i);
/* Returns the index of the mount at DIR, or -ENOENT. */
int refs_find_mount(const struct refs *refs, const char *dir);
/* Describes the mount at DIR (the target, or one of the mounts) for its backend. DIR stays the
 * caller's. */
struct mounted refs_mounted(
	const struct shale_store *store, const char *id, const struct refs *refs, const char *dir);
/* Writes the file name of the daemon's lock in RUN/daemons. DIR is the mount point; NULL: the
 * layer's own mount. */
#define WITNESS_SIZE sizeof(((struct mounted *)0)->witness)
void refs_witness(const char *id, const char *dir, char ret[WITNESS_SIZE]);
/* Opens RUN/daemons; the caller closes the descriptor. */
int refs_open_daemons(int run);
/* Fails with -EBUSY, and words for a layer that is mounted in another mount namespace. */
int refs_fail_elsewhere(const struct refs *refs, const char *id, struct shale_error *err);
/* Fails with -EBUSY, and words for a layer whose detached mount is still in use. */
int refs_fail_detached(const char *id, struct shale_error *err);
