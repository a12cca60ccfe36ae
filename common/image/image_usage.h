/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The sizes of images and their layers. */
#pragma once

#include <stdint.h>

#include "common/shale.h"

/* Returns the size of the files in layer ID alone, as it was recorded when the layer was filled. */
int image_layer_bytes(
	struct shale_store *store, const char *id, uint64_t *ret, struct shale_error *err);
