/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* RUN/refs/ID: who uses a layer's mount. refs_save wants the layer's lock to be held. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/backend.h"
#include "common/store/mount/namespace.h"

/* A mount that a person asked for at a place of their own. */
struct ref_mount {
	char *dir;
	uint64_t id; /* unique; 0: not known */
	char *how;   /* "bind": of the layer's mount; else the backend's name */
};

struct refs {
	unsigned int gets; /* uses by shale_layer_get, without a lease */
	json_t *leases;    /* the same of each lease, by its name; NULL: of none */
	uint64_t id;       /* of the layer's mount, unique; 0: not known */
	char *target;      /* where the layer's mount is, absolute; NULL: nowhere */
	char *owners;      /* how it shows them, as in struct owners; NULL: as they are */
	char *backend;     /* that made it: "kernel", "fuse" */
	bool uncounted;    /* it was found, and how it was made is not known */
	bool writable;     /* it was mounted to be written to */
	bool recorded;     /* RUN says something of the layer */
	bool pending;      /* its mount was about to be made: nobody has been given it yet */
	bool dead;         /* its daemon is gone: it must be unmounted before anything else */
	bool elsewhere;    /* it is in another mount namespace, and not known to be gone */
	bool doubtful;     /* whether it is still there cannot be told from here */
	bool lost;         /* nobody but its daemon lives there */
	bool vanished;     /* it was unmounted behind our back, and its daemon has not ended */
	struct namespace namespace; /* that it is in */
	char *detached; /* the backend of a writable mount that was taken away from under its
			 * users, some of whom are still there; NULL: none */
	struct ref_mount *mounts;
	size_t n_mounts;
};

/* Reads the record of ID in RUN, which may be out of date. */
int refs_read(
	const struct shale_store *store, const char *id, struct refs *ret, struct shale_error *err);
/* Writes them back; without any use the file goes away. */
int refs_save(const struct shale_store *store, const char *id, const struct refs *refs,
	struct shale_error *err);
void refs_free(struct refs *refs);
#define auto_refs __attribute__((cleanup(refs_free)))

/* Uses of the layer, of all kinds. */
size_t refs_count(const struct refs *refs);
/* No get is counted any more, with a lease or without. */
void refs_forget_gets(struct refs *refs);
/* How many gets the lease NAME has. */
unsigned int refs_of_lease(const struct refs *refs, const char *name);
int refs_set_lease(struct refs *refs, const char *name, unsigned int gets);
int refs_add_mount(struct refs *refs, const char *dir, const char *how, uint64_t id);
void refs_drop_mount(struct refs *refs, size_t i);
/* The index of the mount at DIR, or -ENOENT. */
int refs_find_mount(const struct refs *refs, const char *dir);
/* The mount at DIR, the target or one of the mounts, for its backend; DIR stays the caller's. */
struct mounted refs_mounted(
	const struct shale_store *store, const char *id, const struct refs *refs, const char *dir);
/* The name of its daemon's lock in RUN/daemons. DIR NULL: the layer's first mount. */
#define WITNESS_SIZE sizeof(((struct mounted *)0)->witness)
void refs_witness(const char *id, const char *dir, char ret[WITNESS_SIZE]);
/* The descriptor of RUN/daemons is the caller's. */
int refs_open_daemons(int run);
/* -EBUSY, with words for a layer that is mounted in another mount namespace. */
int refs_fail_elsewhere(const struct refs *refs, const char *id, struct shale_error *err);
/* -EBUSY, with words for a layer whose detached mount is still in use. */
int refs_fail_detached(const char *id, struct shale_error *err);
