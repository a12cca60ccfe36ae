/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Brings the layers of an image into the store, all of them or none. */
#pragma once

#include "common/base/progress.h"
#include "common/image/import/parts.h"
#include "common/shale.h"

#include <stdbool.h>

struct unpacked {
	char (*ids)[DIGEST_SIZE]; /* base first */
	bool *added;              /* for each, whether it was made now or was there */
	size_t n;
};

struct unpack_how {
	struct progress *progress;
	const struct shale_limits *limits; /* of each layer; NULL: those of the environment */
};
/* Makes a layer of each part that the store does not have yet, named by its chain id, every byte
 * verified on its way. RET is written on failure too: what had been made until then. */
int image_unpack(struct shale_store *store, struct blobs *blobs, const struct parts *parts,
	const struct unpack_how *how, struct unpacked *ret, struct shale_error *err);
/* The id of the topmost layer; "" of an image without any. */
const char *unpacked_top(const struct unpacked *unpacked);
/* Removes the layers that were made, those that nothing else has come to need. */
void unpacked_undo(struct shale_store *store, const struct unpacked *unpacked);
void unpacked_free(struct unpacked *unpacked);
