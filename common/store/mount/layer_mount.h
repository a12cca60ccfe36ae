/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Mounting a layer through the backend: what shale_layer_get and shale_layer_mount share. The
 * layer's lock must be held. */
#pragma once

#include "common/backend.h"
#include "common/base/mountplace.h"
#include "common/store/layer_fields.h"
#include "common/store/mount/owners.h"
#include "common/store/mount/refs.h"

/* The options of one mount, as the user gave them. */
struct mount_wish {
	const char *label;        /* SELinux context, or NULL */
	struct mountplace *place; /* outside of HOME: where it is to be mounted; or NULL */
	struct owners owners;
	const struct shale_lease *lease; /* that a get ends with; or NULL */
};

/* Parses OPTIONS (may be NULL); -EINVAL, with words. The owners in RET are the caller's to free. */
int mount_wish_of(
	const struct shale_mount_options *options, struct mount_wish *ret, struct shale_error *err);

/* Which backend mounts LAYER, with its owners mapped or as they are, and why, as
 * driver_choose; -EOPNOTSUPP where the one that was asked for cannot. RET_REASON is for the
 * caller to free. */
int mount_choose(struct shale_store *store, const struct layer *layer, bool mapped,
	const struct backend_ops **ret, char **ret_reason, struct shale_error *err);

/* Mounts LAYER at the absolute path TARGET, writable if it may be written to. INSTANCE tells apart
 * several mounts of one layer; "" is the layer's own. RET_BACKEND is the name of what did it. */
int mount_layer(struct shale_store *store, const struct layer *layer, const char *target,
	const char *instance, const struct mount_wish *wish, const char **ret_backend,
	struct shale_error *err);
/* Whether LAYER is used through a mount at all; else its diff/ is all there is, and says all. */
bool mount_is_needed(const struct shale_store *store, const struct layer *layer);

/* The same, read-only whatever the layer is, and by whichever backend can. WITNESS names the lock
 * of its daemon in RUN/daemons. */
int mount_read_only(struct shale_store *store, const struct layer *layer, const char *target,
	const char *witness, const char **ret_backend, struct shale_error *err);

/* Makes REFS->target a mount of LAYER at HOME/ID/merged. */
int mount_merged(struct shale_store *store, const struct layer *layer,
	const struct mount_wish *wish, struct refs *refs, struct shale_error *err);
/* 0 if the mount of REFS shows the owners of LAYER's files as OWNERS has it, else -EBUSY. */
int mount_fits(const struct layer *layer, const struct refs *refs, const struct owners *owners,
	struct shale_error *err);
/* Unmounts REFS->target, wherever it is. -EBUSY while it is in use, -ETIMEDOUT if its daemon does
 * not answer: the kernel would wait for it. */
int mount_end(const struct shale_store *store, const char *id, struct refs *refs,
	struct shale_error *err);
/* The same; where it is in use, takes it away from those who would come. */
int mount_detach(const struct shale_store *store, const struct layer *layer, struct refs *refs,
	struct shale_error *err);
/* Unmounts what BACKEND ("bind" too) has mounted. 1: its daemon has not ended yet. */
int mount_end_at(const struct mounted *mounted, const char *backend, struct shale_error *err);

/* Reads REFS of ID, clears the remains of a daemon that died, and refuses (-EBUSY) what is mounted
 * in another mount namespace, or used in a mount that was detached. */
int mount_refs(
	const struct shale_store *store, const char *id, struct refs *ret, struct shale_error *err);
/* If the layer ID is mounted, waits until all that was written through the mount is in diff/. */
int mount_flush(const struct shale_store *store, const char *id, struct shale_error *err);
