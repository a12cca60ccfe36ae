/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A snapshot that copies nothing: the upper directory becomes a layer of its own below the layer,
 * and the layer goes on with an empty one. */
#pragma once

#include "common/backend.h"
#include "common/shale.h"
#include "common/store/layer_fields.h"

/* The mount of a layer that is in use. */
struct switch_mount {
	const struct backend_ops *ops; /* which has a snapshot */
	const char *target;
	uint64_t pause; /* set by the call, in nanoseconds */
};

/* Makes the upper directory of LAYER the immutable layer NEW_ID. MOUNT is NULL if LAYER is not in
 * use. The caller holds the layer's lock. -EOPNOTSUPP: the filesystem cannot exchange directories;
 * with a mount see also the snapshot of struct backend_ops. -EEXIST: the id
 * was taken meanwhile; if the snapshot was made by then, the words tell its id. -ESTALE: the next
 * command that locks the layer goes on with it. */
int snapshot_switch(const struct shale_store *store, struct layer *layer, const char *new_id,
	struct switch_mount *mount, struct shale_error *err);
