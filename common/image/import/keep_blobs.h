/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keeps the compressed blobs of an image beside its layers, so that an export can write the same
 * blobs. */
#pragma once

#include "common/image/import/import_layers.h"

/* Keeps the blobs of PARTS. Skips a blob that is kept already. Skips uncompressed blobs: the
 * layer's kept stream has the same bytes. */
int blobs_keep(struct shale_store *store, struct blobs *blobs, const struct parts *parts,
	const struct unpacked *unpacked, struct shale_error *err);
