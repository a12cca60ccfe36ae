/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Mounting a layer through the backend: what shale_layer_get and shale_layer_mount share. The
 * layer's lock must be held. */
#pragma once

#include "common/store/layer.h"
#include "common/store/refs.h"

/* Mounts LAYER at the absolute path TARGET, writable if it may be written to. INSTANCE tells apart
 * several mounts of one layer; "" is the layer's own. RET_BACKEND is the name of what did it. */
int shale_mount_layer(struct shale_store *store, const struct shale_layer *layer,
	const char *target, const char *instance, const char *label, const char **ret_backend,
	struct shale_error *err);
/* Whether LAYER is used through a mount at all; else its diff/ is all there is. */
bool shale_mount_is_needed(const struct shale_layer *layer);

/* The same, read-only whatever the layer is, and by whichever backend can. */
int shale_mount_read_only(struct shale_store *store, const struct shale_layer *layer,
	const char *target, const char *instance, const char **ret_backend,
	struct shale_error *err);

/* Makes REFS->target a mount of LAYER at HOME/ID/merged. */
int shale_mount_merged(struct shale_store *store, const struct shale_layer *layer,
	const char *label, struct shale_refs *refs, struct shale_error *err);
/* Unmounts REFS->target, wherever it is. -EBUSY while it is in use. */
int shale_mount_end(const struct shale_store *store, const char *id, struct shale_refs *refs,
	struct shale_error *err);
/* The same; where it is in use, takes it away from those who would come. */
int shale_mount_detach(const struct shale_store *store, const struct shale_layer *layer,
	struct shale_refs *refs, struct shale_error *err);
/* Unmounts what BACKEND has mounted at TARGET. */
int shale_mount_end_at(const char *target, const char *backend, struct shale_error *err);

/* Reads REFS of ID, clears the remains of a daemon that died, and refuses (-EBUSY) what is mounted
 * in another mount namespace, or used in a mount that was detached. */
int shale_mount_refs(const struct shale_store *store, const char *id, struct shale_refs *ret,
	struct shale_error *err);
/* If the layer ID is mounted, waits until all that was written through the mount is in diff/. */
int shale_mount_flush(const struct shale_store *store, const char *id, struct shale_error *err);
