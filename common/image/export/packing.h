/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How to pack an image's layers for export: as they were packed when the image came, according to
 * the kept manifest. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <jansson.h>

#include "common/image/export/layer_blob.h"
#include "common/image/manifest.h"
#include "common/shale.h"

struct packing {
	json_t *manifest; /* NULL: not known, so all layers are packed with gzip */
	struct descriptor config;
	struct descriptor *layers; /* descriptors of the layers, base first */
	size_t n_layers;
};

/* Reads the packing from MANIFEST, which may be NULL. */
int packing_open(const char *manifest, struct packing *ret, struct shale_error *err);
void packing_close(struct packing *packing);
#define auto_packing __attribute__((cleanup(packing_close)))

/* Returns the descriptor that the blob of layer I, counted from the base, came with; NULL if it is
 * not known. */
const struct descriptor *packing_layer(const struct packing *packing, size_t i);
/* Returns how to write layer I, whose tar has the digest DIFF_ID ("": not known). */
enum layer_blob_kind packing_kind(const struct packing *packing, size_t i, const char *diff_id);
/* Makes the descriptor of layer I, written as BLOB. NULL without memory. */
json_t *packing_descriptor(const struct packing *packing, size_t i, const struct layer_blob *blob);

/* Tells whether the N blobs and the config are those of the manifest, so that the manifest can be
 * kept. */
bool packing_is_same(const struct packing *packing, const char *config_digest,
	const struct layer_blob *blobs, size_t n);
/* Returns the manifest's media type, for an index. */
const char *packing_media_type(const struct packing *packing);
