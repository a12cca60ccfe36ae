/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* RUN/refs/ID: who uses a layer's mount. All functions want the layer's lock to be held. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/shale.h"

/* A mount that a person asked for at a place of their own. */
struct shale_ref_mount {
	char *dir;
	char *how; /* "bind": of the layer's mount; else the backend's name */
};

struct shale_refs {
	unsigned int gets; /* uses by shale_layer_get */
	char *target;      /* where the layer's mount is, absolute; NULL: nowhere */
	char *owners;      /* how it shows them, as in struct shale_owners; NULL: as they are */
	char *backend;     /* that made it: "kernel", "fuse" */
	bool uncounted;    /* it was found, and how it was made is not known */
	bool dead;         /* its daemon is gone: it must be unmounted before anything else */
	bool elsewhere;    /* it is in another mount namespace, which still lives */
	char *detached;    /* the backend of a writable mount that was taken away from under its
			    * users, some of whom are still there; NULL: none */
	struct shale_ref_mount *mounts;
	size_t n_mounts;
};

/* What RUN says of ID, corrected by what is really mounted: a mount that nobody counted (its maker
 * was killed) is found, a count without a mount is dropped. */
int shale_refs_load(const struct shale_store *store, const char *id, struct shale_refs *ret,
	struct shale_error *err);
/* Writes them back; without any use the file goes away. */
int shale_refs_save(const struct shale_store *store, const char *id, const struct shale_refs *refs,
	struct shale_error *err);
void shale_refs_free(struct shale_refs *refs);
#define auto_refs __attribute__((cleanup(shale_refs_free)))

/* Uses of the layer, of either kind. */
size_t shale_refs_count(const struct shale_refs *refs);
int shale_refs_add_mount(struct shale_refs *refs, const char *dir, const char *how);
void shale_refs_drop_mount(struct shale_refs *refs, size_t i);
/* The index of the mount at DIR, or -ENOENT. */
int shale_refs_find_mount(const struct shale_refs *refs, const char *dir);
/* -EBUSY, with words for a layer that is mounted in another mount namespace. */
int shale_refs_fail_elsewhere(const char *id, struct shale_error *err);
/* -EBUSY, with words for a layer whose detached mount is still in use. */
int shale_refs_fail_detached(const char *id, struct shale_error *err);
/* 0, or -EBUSY with words, while anything is mounted. */
int shale_refs_must_be_idle(
	const struct shale_store *store, const char *id, struct shale_error *err);
