/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Mounting a layer through the backend: what shale_layer_get and shale_layer_mount share. The
 * layer's lock must be held. */
#pragma once

#include "common/backend.h"
#include "common/mountplace.h"
#include "common/store/layer.h"
#include "common/store/owners.h"
#include "common/store/refs.h"

/* What a user asked for. */
struct shale_mount_wish {
	const char *label;              /* SELinux context, or NULL */
	struct shale_mountplace *place; /* outside of HOME: where it is to be mounted; or NULL */
	struct shale_owners owners;
};

/* What OPTIONS (may be NULL) ask for; -EINVAL, with words. Its owners are the caller's to free. */
int shale_mount_wish_of(const struct shale_mount_options *options, struct shale_mount_wish *ret,
	struct shale_error *err);

/* Which backend mounts LAYER, with its owners mapped or as they are, and why, as
 * shale_driver_choose; -EOPNOTSUPP where the one that was asked for cannot. RET_REASON is for the
 * caller to free. */
int shale_mount_choose(struct shale_store *store, const struct shale_layer *layer, bool mapped,
	const struct shale_backend_ops **ret, char **ret_reason, struct shale_error *err);

/* Mounts LAYER at the absolute path TARGET, writable if it may be written to. INSTANCE tells apart
 * several mounts of one layer; "" is the layer's own. RET_BACKEND is the name of what did it. */
int shale_mount_layer(struct shale_store *store, const struct shale_layer *layer,
	const char *target, const char *instance, const struct shale_mount_wish *wish,
	const char **ret_backend, struct shale_error *err);
/* Whether LAYER is used through a mount at all; else its diff/ is all there is, and says all. */
bool shale_mount_is_needed(const struct shale_store *store, const struct shale_layer *layer);

/* The same, read-only whatever the layer is, and by whichever backend can. WITNESS names the lock
 * of its daemon in RUN/daemons. */
int shale_mount_read_only(struct shale_store *store, const struct shale_layer *layer,
	const char *target, const char *witness, const char **ret_backend, struct shale_error *err);

/* Makes REFS->target a mount of LAYER at HOME/ID/merged. */
int shale_mount_merged(struct shale_store *store, const struct shale_layer *layer,
	const struct shale_mount_wish *wish, struct shale_refs *refs, struct shale_error *err);
/* 0 if the mount of REFS shows the owners of LAYER's files as OWNERS has it, else -EBUSY. */
int shale_mount_fits(const struct shale_layer *layer, const struct shale_refs *refs,
	const struct shale_owners *owners, struct shale_error *err);
/* Unmounts REFS->target, wherever it is. -EBUSY while it is in use, -ETIMEDOUT if its daemon does
 * not answer: the kernel would wait for it. */
int shale_mount_end(const struct shale_store *store, const char *id, struct shale_refs *refs,
	struct shale_error *err);
/* The same; where it is in use, takes it away from those who would come. */
int shale_mount_detach(const struct shale_store *store, const struct shale_layer *layer,
	struct shale_refs *refs, struct shale_error *err);
/* Unmounts what BACKEND ("bind" too) has mounted. 1: its daemon has not ended yet. */
int shale_mount_end_at(
	const struct shale_mounted *mounted, const char *backend, struct shale_error *err);

/* Reads REFS of ID, clears the remains of a daemon that died, and refuses (-EBUSY) what is mounted
 * in another mount namespace, or used in a mount that was detached. */
int shale_mount_refs(const struct shale_store *store, const char *id, struct shale_refs *ret,
	struct shale_error *err);
/* If the layer ID is mounted, waits until all that was written through the mount is in diff/. */
int shale_mount_flush(const struct shale_store *store, const char *id, struct shale_error *err);
