/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Mounts a layer through the backend, for shale_layer_get and shale_layer_mount. The caller holds
 * the layer's lock. */
#pragma once

#include "common/backend.h"
#include "common/base/mountplace.h"
#include "common/store/layer_fields.h"
#include "common/store/mount/owners.h"
#include "common/store/mount/refs.h"

/* The options of one mount, as the user gave them. */
struct mount_wish {
	const char *label;        /* SELinux context, or NULL */
	struct mountplace *place; /* the mount point, if it is outside HOME; else NULL */
	struct owners owners;
	const struct shale_lease *lease; /* the lease that the get ends with; or NULL */
};

/* Parses OPTIONS (may be NULL); -EINVAL, with words. The caller frees the owners in RET. */
int mount_wish_of(
	const struct shale_mount_options *options, struct mount_wish *ret, struct shale_error *err);

/* The backend that mounts LAYER, with owners mapped or not, and the reason, like driver_choose;
 * -EOPNOTSUPP if the user asked for a backend that cannot do it. RET_REASON is for the caller to
 * free. */
int mount_choose(struct shale_store *store, const struct layer *layer, bool mapped,
	const struct backend_ops **ret, char **ret_reason, struct shale_error *err);

/* Mounts LAYER at the absolute path TARGET, writable if the layer is. INSTANCE tells apart several
 * mounts of one layer; "" is the layer's own. RET_BACKEND is the name of the backend. */
int mount_layer(struct shale_store *store, const struct layer *layer, const char *target,
	const char *instance, const struct mount_wish *wish, const char **ret_backend,
	struct shale_error *err);
/* Whether LAYER must be mounted to be used; otherwise its diff/ is the whole view. */
bool mount_is_needed(const struct shale_store *store, const struct layer *layer);

/* The same, but always read-only, and by any backend that can do it. WITNESS names the lock of its
 * daemon in RUN/daemons. */
int mount_read_only(struct shale_store *store, const struct layer *layer, const char *target,
	const char *witness, const char **ret_backend, struct shale_error *err);

/* Mounts LAYER at HOME/ID/merged and records it in REFS->target. */
int mount_merged(struct shale_store *store, const struct layer *layer,
	const struct mount_wish *wish, struct refs *refs, struct shale_error *err);
/* Returns 0 if the mount of REFS shows owners as OWNERS says, else -EBUSY. */
int mount_fits(const struct layer *layer, const struct refs *refs, const struct owners *owners,
	struct shale_error *err);
/* Unmounts REFS->target, wherever it is. -EBUSY while it is in use, -ETIMEDOUT if its daemon does
 * not answer: the kernel would wait for it. */
int mount_end(const struct shale_store *store, const char *id, struct refs *refs,
	struct shale_error *err);
/* The same, but detaches a mount that is in use. */
int mount_detach(const struct shale_store *store, const struct layer *layer, struct refs *refs,
	struct shale_error *err);
/* Unmounts a mount of BACKEND ("bind" too). 1: its daemon has not ended yet. */
int mount_end_at(const struct mounted *mounted, const char *backend, struct shale_error *err);

/* Reads the REFS of ID, and clears up after a daemon that died. -EBUSY for a layer that is mounted
 * in another mount namespace, or in use in a detached mount. */
int mount_refs(
	const struct shale_store *store, const char *id, struct refs *ret, struct shale_error *err);
/* If the layer ID is mounted, waits until all writes through the mount are in diff/. */
int mount_flush(const struct shale_store *store, const char *id, struct shale_error *err);
