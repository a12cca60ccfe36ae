/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The layers and images that depend on a layer. */
#pragma once

#include <stdbool.h>

#include "common/store/layer_fields.h"

/* Returns the names of the layers or images that need LAYER, joined by ", ", for the caller to
 * free; NULL if there are none. */
int dependents_children(const struct shale_store *store, const struct layer *layer, char **ret,
	struct shale_error *err);
int dependents_images(const struct shale_store *store, const struct layer *layer, char **ret,
	struct shale_error *err);

/* These return -EBUSY, with the names of the layers or images that need LAYER; or 0 if none
 * does. */
int dependents_no_child(
	const struct shale_store *store, const struct layer *layer, struct shale_error *err);
int dependents_no_image(
	const struct shale_store *store, const struct layer *layer, struct shale_error *err);
