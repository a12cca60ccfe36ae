/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The layers and images that depend on a layer. */
#pragma once

#include <stdbool.h>

#include "common/store/layer_fields.h"

/* Their names, joined by ", ", for the caller to free; NULL for none. */
int needs_children(const struct shale_store *store, const struct layer *layer, char **ret,
	struct shale_error *err);
int needs_images(const struct shale_store *store, const struct layer *layer, char **ret,
	struct shale_error *err);

/* -EBUSY, naming them, if there are any. */
int needs_no_child(
	const struct shale_store *store, const struct layer *layer, struct shale_error *err);
int needs_no_image(
	const struct shale_store *store, const struct layer *layer, struct shale_error *err);
