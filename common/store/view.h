/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A read-only mount of a layer for the store's own use, in a directory of its own. The layer's lock
 * must be held, and the layer must not be mounted otherwise if it is writable. */
#pragma once

#include "common/backend.h"
#include "common/store/layer.h"
#include "common/store/staging.h"

struct shale_view {
	char *target; /* absolute; NULL: none */
	struct shale_mounted mounted;
	const char *backend;
	int root; /* of the merged view */
};
#define SHALE_VIEW_NONE ((struct shale_view){ .root = -1 })

/* Mounts LAYER at "view" in STAGING. */
int shale_view_open(struct shale_store *store, const struct shale_layer *layer,
	const struct shale_staging *staging, struct shale_view *ret, struct shale_error *err);
void shale_view_close(struct shale_view *view);
#define auto_view __attribute__((cleanup(shale_view_close)))

/* Unmounts what a killed process left of a view in the directory STAGING of HOME/staging/. */
void shale_view_drop(const struct shale_store *store, const char *staging);
