/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/image/export/packing.h"

#include <string.h>

#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/image/document.h"

int packing_open(const char *manifest, struct packing *ret, struct shale_error *err)
{
	auto_packing struct packing packing = { 0 };

	if (manifest) {
		int r = document_parse(manifest, strlen(manifest), &packing.manifest, err);
		if (r == 0)
			r = manifest_parse(packing.manifest, &packing.config, &packing.layers,
				&packing.n_layers, err);
		if (r < 0)
			return error_fail(err, r, "recorded manifest");
	}
	*ret = packing;
	packing = (struct packing){ 0 };
	return 0;
}

void packing_close(struct packing *packing)
{
	json_decref(packing->manifest);
	free(packing->layers);
	*packing = (struct packing){ 0 };
}

const struct descriptor *packing_layer(const struct packing *packing, size_t i)
{
	return i < packing->n_layers ? &packing->layers[i] : NULL;
}

static bool ends_with(const char *text, const char *end)
{
	size_t n = strlen(text), m = strlen(end);

	return n >= m && !strcmp(text + n - m, end);
}

/* Chooses how to pack a layer. If the blob's digest equals the diff id, the blob was an
 * uncompressed tar, whatever its media type says. */
enum layer_blob_kind packing_kind(const struct packing *packing, size_t i, const char *diff_id)
{
	const struct descriptor *came = packing_layer(packing, i);

	if (came && !strcmp(came->digest, diff_id))
		return LAYER_BLOB_PLAIN;
	if (came && ends_with(came->media_type, "zstd"))
		return LAYER_BLOB_ZSTD;
	return LAYER_BLOB_GZIP;
}

static const char *media_type_of(enum layer_blob_kind kind)
{
	switch (kind) {
	case LAYER_BLOB_ZSTD:
		return MEDIA_LAYER_ZSTD;
	case LAYER_BLOB_GZIP:
		return MEDIA_LAYER_GZ;
	case LAYER_BLOB_DOCKER:
	case LAYER_BLOB_PLAIN:
		break;
	}
	return MEDIA_LAYER;
}

/* Tells whether an annotation describes the blob's bytes, for instance offsets. It is wrong for
 * another blob. */
static bool is_about_bytes(const char *annotation)
{
	static const char *const prefixes[] = { "io.github.containers.zstd-chunked.",
		"io.containers.zstd-chunked.", "containerd.io/snapshot/stargz/",
		"io.containers.estargz.", "containerd.io/snapshot/nydus-" };

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(*prefixes); i++)
		if (!strncmp(annotation, prefixes[i], strlen(prefixes[i])))
			return true;
	return false;
}

static int copy_annotations(const json_t *from, json_t *descriptor)
{
	json_t *kept = json_object();
	const char *key;
	json_t *value;
	int r = 0;

	json_object_foreach((json_t *)from, key, value) if (!is_about_bytes(key))
		r |= json_object_set(kept, key, value);
	if (r == 0 && json_object_size(kept) > 0)
		r = json_object_set(descriptor, "annotations", kept);
	json_decref(kept);
	return r;
}

json_t *packing_descriptor(const struct packing *packing, size_t i, const struct layer_blob *blob)
{
	const struct descriptor *came = packing_layer(packing, i);
	const json_t *old = json_array_get(document_get(packing->manifest, "layers"), i);
	const json_t *annotations = document_get(old, "annotations");

	if (came && !strcmp(came->digest, blob->digest) &&
		!strncmp(came->media_type, "application/vnd.oci.", 20))
		return json_deep_copy(old);
	json_t *made = descriptor_new(media_type_of(blob->kind), blob->digest, blob->size);
	if (made && json_is_object(annotations) && copy_annotations(annotations, made) < 0) {
		json_decref(made);
		return NULL;
	}
	return made;
}

bool packing_is_same(const struct packing *packing, const char *config_digest,
	const struct layer_blob *blobs, size_t n)
{
	if (!packing->manifest || n != packing->n_layers ||
		strcmp(packing->config.digest, config_digest) != 0)
		return false;
	for (size_t i = 0; i < n; i++)
		if (strcmp(packing->layers[i].digest, blobs[i].digest) != 0)
			return false;
	return true;
}

const char *packing_media_type(const struct packing *packing)
{
	const char *media_type = document_string(packing->manifest, "mediaType");

	return media_type ? media_type : MEDIA_MANIFEST;
}
