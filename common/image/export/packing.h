/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How to pack the layers of an image for export: in the same format (plain, gzip, zstd) as at the
 * import, which the kept manifest tells. */
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

/* Returns the descriptor that layer I, counted from the base, had at the import; NULL if it is not
 * known. */
const struct descriptor *packing_layer(const struct packing *packing, size_t i);
/* Returns in which format to write layer I. DIFF_ID is the digest of its tar; "": not known. */
enum layer_blob_kind packing_kind(const struct packing *packing, size_t i, const char *diff_id);
/* Makes the descriptor of layer I, which was written as BLOB. Returns NULL without memory. */
json_t *packing_descriptor(const struct packing *packing, size_t i, const struct layer_blob *blob);

/* Tells whether the config and the N blobs are exactly those that the manifest names. Then the
 * manifest can be exported unchanged. */
bool packing_is_same(const struct packing *packing, const char *config_digest,
	const struct layer_blob *blobs, size_t n);
/* Returns the manifest's media type, for an index. */
const char *packing_media_type(const struct packing *packing);
