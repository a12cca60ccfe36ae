/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/image/import/artifacts.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/scope.h"
#include "common/image/document.h"
#include "common/image/import/oci_document.h"

/* Annotation of BuildKit's attestations in an index, where they have the platform
 * unknown/unknown. */
#define REFERENCE_TYPE "vnd.docker.reference.type"

static bool has_artifact_type(const json_t *object)
{
	const char *type = document_string(object, "artifactType");

	return type && *type && !media_is_config(type);
}

static bool lacks_layers(const json_t *layers)
{
	const json_t *layer;
	size_t i;

	json_array_foreach(layers, i, layer)
	{
		const char *type = document_string(layer, "mediaType");
		if (!type || media_is_layer(type))
			return false;
	}
	return json_array_size(layers) > 0;
}

static bool manifest_is_artifact(const json_t *manifest)
{
	const char *type = document_string(document_get(manifest, "config"), "mediaType");

	return has_artifact_type(manifest) || (type && !media_is_config(type)) ||
	       lacks_layers(document_get(manifest, "layers"));
}

static bool is_artifact(struct blobs *blobs, const json_t *entry)
{
	auto_json json_t *manifest = NULL;
	auto_free char *text = NULL;
	struct descriptor at;

	if (has_artifact_type(entry) ||
		document_string(document_get(entry, "annotations"), REFERENCE_TYPE))
		return true;
	return descriptor_parse(entry, &at, NULL) == 0 &&
	       (!*at.media_type || media_is_manifest(at.media_type)) &&
	       oci_document_parse(blobs, &at, &text, &manifest, NULL) == 0 &&
	       manifest_is_artifact(manifest);
}

json_t *artifacts_drop(struct blobs *blobs, const json_t *index, size_t *ret_n)
{
	const json_t *entries = document_get(index, "manifests");
	auto_json json_t *images = json_array();
	json_t *copy = json_copy((json_t *)index);
	json_t *entry;
	size_t i;

	*ret_n = 0;
	if (!json_is_array(entries) || json_array_size(entries) < 2)
		return copy;
	json_array_foreach((json_t *)entries, i, entry)
	{
		if (is_artifact(blobs, entry))
			++*ret_n;
		else
			json_array_append(images, entry);
	}
	/* If the index writes the key as "Manifests", COPY has both keys now, and readers take the
	 * last one. */
	if (*ret_n > 0 && json_object_set(copy, "manifests", images) < 0) {
		json_decref(copy);
		return NULL;
	}
	return copy;
}
