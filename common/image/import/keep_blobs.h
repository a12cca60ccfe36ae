/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keeps the compressed blobs of an image with its layers, so that it can be exported as the same
 * blobs. */
#pragma once

#include "common/image/import/import_layers.h"

/* Keeps the blobs of PARTS. Does not copy a blob that is kept already, nor a plain blob: the
 * layer's stream is the same. */
int blobs_keep(struct shale_store *store, struct blobs *blobs, const struct parts *parts,
	const struct unpacked *unpacked, struct shale_error *err);
