/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Makes the layers of an image in the store: all of them, or none. */
#pragma once

#include "common/base/progress.h"
#include "common/image/import/parts.h"
#include "common/shale.h"

#include <stdbool.h>

struct unpacked {
	char (*ids)[DIGEST_SIZE]; /* ids of the layers, base first */
	bool *added;              /* for each layer: true if it was made now, false if it existed */
	size_t n;
};

struct unpack_how {
	struct progress *progress;
	/* Limits for each layer; NULL: the limits of the environment. */
	const struct shale_limits *limits;
};
/* Makes a layer for each part that the store does not have, named by its chain id, and verifies
 * every byte. RET is written also after an error: it lists the layers that were made before. */
int image_unpack(struct shale_store *store, struct blobs *blobs, const struct parts *parts,
	const struct unpack_how *how, struct unpacked *ret, struct shale_error *err);
/* Returns the id of the topmost layer; "" if the image has none. */
const char *unpacked_top(const struct unpacked *unpacked);
/* Removes the layers that image_unpack has made, except those that something else uses now. */
void unpacked_undo(struct shale_store *store, const struct unpacked *unpacked);
void unpacked_free(struct unpacked *unpacked);
