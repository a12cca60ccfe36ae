/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keeps the compressed blobs of an image beside its layers, so that it can be exported as the very
 * same blobs. */
#pragma once

#include "common/image/unpack.h"

/* What is there already is not copied again. A plain blob is not kept: the layer's stream is it. */
int shale_keep_blobs(struct shale_store *store, struct shale_blobs *blobs,
	const struct shale_parts *parts, const struct shale_unpacked *unpacked,
	struct shale_error *err);
