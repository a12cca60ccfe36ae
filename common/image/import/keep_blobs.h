/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keeps the compressed blobs of an image beside its layers, so that it can be exported as the very
 * same blobs. */
#pragma once

#include "common/image/import/import_layers.h"

/* A blob that is kept already is not copied again. A plain blob is not kept: the layer's stream
 * is it. */
int blobs_keep(struct shale_store *store, struct blobs *blobs, const struct parts *parts,
	const struct unpacked *unpacked, struct shale_error *err);
