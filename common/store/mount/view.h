/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A read-only mount of a layer for the store's own use, in a directory of its own. The caller holds
 * the layer's lock; a writable layer must not be mounted elsewhere. */
#pragma once

#include "common/backend.h"
#include "common/store/layer_fields.h"
#include "common/store/staging.h"

struct view {
	char *target; /* absolute path of the mount; NULL: not mounted */
	struct mounted mounted;
	const char *backend;
	int root; /* descriptor of the merged view */
};
#define VIEW_NONE ((struct view){ .root = -1 })

/* Mounts LAYER at "view" in STAGING. */
int view_open(struct shale_store *store, const struct layer *layer, const struct staging *staging,
	struct view *ret, struct shale_error *err);
void view_close(struct view *view);
#define auto_view __attribute__((cleanup(view_close)))
