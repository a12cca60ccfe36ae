/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Makes a snapshot without a copy: the upper directory becomes a new layer below the layer, and the
 * layer gets an empty upper directory. */
#pragma once

#include "common/backend.h"
#include "common/shale.h"
#include "common/store/layer_fields.h"
#include "common/store/store.h"

/* The mount of a layer that is in use, for a switch by its daemon. */
struct switch_mount {
	const struct backend_ops *ops; /* the backend, whose "snapshot" is not NULL */
	const char *target;
	uint64_t pause; /* the call sets it: how long requests waited, in nanoseconds */
};

/* Makes the upper directory of LAYER the immutable layer NEW_ID. MOUNT is NULL if LAYER is not in
 * use. EXTRA (may be NULL) adds to the new layer, which has no copy of ID's image.json then. The
 * caller holds the layer's lock. -EOPNOTSUPP: the filesystem cannot exchange directories; with a
 * mount see also the snapshot of struct backend_ops. -EEXIST: the id was taken meanwhile; if the
 * snapshot was made by then, the words tell its id. -ESTALE: the next command that locks the layer
 * goes on with it. */
int snapshot_switch(const struct shale_store *store, struct layer *layer, const char *new_id,
	struct switch_mount *mount, const struct layer_extra *extra, struct shale_error *err);
