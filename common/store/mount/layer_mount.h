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
	struct mountplace *place; /* the mount point, if it is outside HOME; NULL: HOME/ID/merged */
	struct owners owners;
	const struct shale_lease *lease; /* the get ends with this lease; NULL: it has none */
};

/* Parses OPTIONS (may be NULL). Returns -EINVAL, with words. The caller frees the owners in RET. */
int mount_wish_of(
	const struct shale_mount_options *options, struct mount_wish *ret, struct shale_error *err);

/* Chooses the backend that mounts LAYER, with owners mapped or not, and says why, like
 * driver_choose. Returns -EOPNOTSUPP if the user asked for a backend that cannot mount it. The
 * caller frees RET_REASON. */
int mount_choose(struct shale_store *store, const struct layer *layer, bool mapped,
	const struct backend_ops **ret, char **ret_reason, struct shale_error *err);

/* Mounts LAYER at the absolute path TARGET, writable if the layer is writable. INSTANCE
 * distinguishes several mounts of one layer; "" is the layer's own mount. RET_BACKEND is the
 * name of the backend. */
int mount_layer(struct shale_store *store, const struct layer *layer, const char *target,
	const char *instance, const struct mount_wish *wish, const char **ret_backend,
	struct shale_error *err);
/* Tells whether LAYER must be mounted to see its files. If not, its diff/ holds exactly the files
 * that a mount would show. */
bool mount_is_needed(const struct shale_store *store, const struct layer *layer);

/* Mounts LAYER like mount_layer, but always read-only, and with any backend that can. WITNESS is
 * the name of the daemon's lock file in RUN/daemons. */
int mount_read_only(struct shale_store *store, const struct layer *layer, const char *target,
	const char *witness, const char **ret_backend, struct shale_error *err);

/* Mounts LAYER at HOME/ID/merged and records it in REFS->target. */
int mount_merged(struct shale_store *store, const struct layer *layer,
	const struct mount_wish *wish, struct refs *refs, struct shale_error *err);
/* Checks that the mount of REFS shows owners as OWNERS says. Returns 0 or -EBUSY. */
int mount_fits(const struct layer *layer, const struct refs *refs, const struct owners *owners,
	struct shale_error *err);
/* Unmounts REFS->target, wherever it is. Returns -EBUSY while it is in use; -ETIMEDOUT if its
 * daemon does not answer, because umount would wait for it. */
int mount_end(const struct shale_store *store, const char *id, struct refs *refs,
	struct shale_error *err);
/* Unmounts like mount_end, but detaches a mount that is in use. */
int mount_detach(const struct shale_store *store, const struct layer *layer, struct refs *refs,
	struct shale_error *err);
/* Unmounts a mount of BACKEND, which may be "bind". Returns 1 if its daemon has not ended yet. */
int mount_end_at(const struct mounted *mounted, const char *backend, struct shale_error *err);

/* Reads the record of ID in RUN into RET, and cleans up after a daemon that died. Returns -EBUSY if
 * the layer is mounted in another mount namespace, or if its detached mount is still in use. */
int mount_refs(
	const struct shale_store *store, const char *id, struct refs *ret, struct shale_error *err);
/* Waits until all writes through the mount of layer ID are in diff/. Does nothing if it is not
 * mounted. */
int mount_flush(const struct shale_store *store, const char *id, struct shale_error *err);
