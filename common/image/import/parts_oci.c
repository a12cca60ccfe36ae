/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/image/import/parts.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/image/document.h"
#include "common/image/import/artifacts.h"
#include "common/image/import/oci_document.h"
#include "common/image/manifest.h"

/* How deep an index may name another index. Known tools use two levels; the specification sets no
 * limit. A loop is impossible, because each index is named by the digest of its content. */
enum { MAX_DEPTH = 4 };

/* Checks the file oci-layout. skopeo and podman accept a layout without it, so an index is
 * enough. */
static int check_layout(struct blobs *blobs, struct shale_error *err)
{
	auto_free char *text = NULL;
	auto_json json_t *layout = NULL;
	size_t size;
	int r = blobs_read_document(blobs, "oci-layout", &text, &size, err);

	if (r == -ENOENT) {
		error_clear(err);
		return 0;
	}
	if (r == 0)
		r = document_parse(text, size, &layout, err);
	if (r < 0)
		return error_fail(err, r, "not an OCI layout");
	const char *version = document_string(layout, "imageLayoutVersion");
	if (!version || strncmp(version, "1.", 2) != 0)
		return error_fail_plain(err, -EPROTONOSUPPORT,
			"OCI layout version '%.50s' is not known", version ? version : "");
	return 0;
}

static int read_index(struct blobs *blobs, json_t **ret, struct shale_error *err)
{
	auto_free char *text = NULL;
	size_t size;
	int r = check_layout(blobs, err);

	if (r < 0)
		return r;
	r = blobs_read_document(blobs, INDEX_NAME, &text, &size, err);
	if (r < 0)
		return error_fail(err, r, "not an OCI layout");
	r = document_parse(text, size, ret, err);
	return r < 0 ? error_fail(err, r, INDEX_NAME) : 0;
}

/* Tells whether a document is a manifest. The descriptor may have no media type, so looks at the
 * content, too. */
static bool is_manifest(const struct descriptor *at, const json_t *document)
{
	return media_is_manifest(at->media_type) ||
	       (!*at->media_type && document_get(document, "config"));
}

struct manifest {
	char *text;
	json_t *json;
};

static void cleanup_manifest(struct manifest *manifest)
{
	free(manifest->text);
	json_decref(manifest->json);
}

/* Replaces *INDEX by an index without artifacts. Returns the number of artifacts. */
static int drop_artifacts(struct blobs *blobs, json_t **index, struct shale_error *err)
{
	size_t n;
	json_t *images = artifacts_drop(blobs, *index, &n);

	if (!images)
		return error_fail(err, -ENOMEM, "read index");
	json_decref(*index);
	*index = images;
	return n < INT_MAX ? (int)n : INT_MAX;
}

/* Starts at an entry of an index, and follows indexes for several platforms down to a manifest. */
static int follow(struct blobs *blobs, const struct platform *host, struct descriptor *at,
	struct manifest *ret, struct shale_error *err)
{
	for (int depth = 0; depth < MAX_DEPTH; depth++) {
		auto_json json_t *document = NULL;
		auto_free char *text = NULL;
		const json_t *entry;
		int r = oci_document_parse(blobs, at, &text, &document, err);
		if (r < 0)
			return r;
		if (is_manifest(at, document)) {
			*ret = (struct manifest){ steal_ptr(&text), json_incref(document) };
			return 0;
		}
		if (*at->media_type && !media_is_index(at->media_type))
			return error_fail_plain(err, -EOPNOTSUPP,
				"blob %s has the unknown media type '%.200s'", at->digest,
				at->media_type);
		r = drop_artifacts(blobs, &document, err);
		if (r >= 0)
			r = index_find_platform(document, host, &entry, err);
		if (r < 0)
			return error_fail(err, r, "blob %s", at->digest);
		r = descriptor_parse(entry, at, err);
		if (r < 0)
			return r;
		/* DOCUMENT is freed below: do not keep a pointer into it. */
		at->media_type = media_is_manifest(at->media_type) ? MEDIA_MANIFEST
				 : media_is_index(at->media_type)  ? MEDIA_INDEX
				 : !*at->media_type                ? ""
								   : "(in an index)";
	}
	return error_fail_plain(err, -ELOOP, "indexes more than %d deep", MAX_DEPTH);
}

static int fill_layers(
	struct parts *parts, const struct descriptor *layers, struct shale_error *err)
{
	for (size_t i = 0; i < parts->n_layers; i++) {
		struct part *part = &parts->layers[i];
		part->name = malloc(BLOB_NAME_SIZE);
		if (!part->name)
			return error_fail(err, -ENOMEM, "read manifest");
		digest_blob_name(layers[i].digest, part->name);
		memcpy(part->digest, layers[i].digest, sizeof(part->digest));
		part->size = layers[i].size;
	}
	return 0;
}

static int read_manifest(
	struct blobs *blobs, const json_t *manifest, struct parts *parts, struct shale_error *err)
{
	auto_free struct descriptor *layers = NULL;
	struct descriptor config;
	char *text;
	size_t n, size;
	int r = manifest_parse(manifest, &config, &layers, &n, err);

	if (r == 0)
		r = oci_document_read(blobs, &config, &text, &size, err);
	if (r == 0)
		r = parts_set_config(parts, text, size, n, err);
	return r < 0 ? r : fill_layers(parts, layers, err);
}

/* Finds the image called TAG. An artifact is found only by its own tag; then the error says which
 * kind it is. */
static int find_image(struct blobs *blobs, json_t **index, const char *tag,
	const struct platform *platform, const json_t **ret, struct shale_error *err)
{
	auto_json json_t *all = json_incref(*index);
	int n = drop_artifacts(blobs, index, err);

	if (n < 0)
		return n;
	if (n > 0 && json_array_size(document_get(*index, "manifests")) == 0 && !tag)
		return error_fail_plain(err, -ENOENT,
			"the layout holds no image, but %d artifacts (signatures, attestations, "
			"...)",
			n);
	int r = index_find_tag(*index, tag, platform, ret, err);
	if (r != -ENOENT || !tag || n == 0)
		return r;
	error_clear(err);
	json_decref(*index);
	*index = json_incref(all);
	return index_find_tag(*index, tag, platform, ret, err);
}

int parts_of_oci(struct blobs *blobs, const char *tag, const struct platform *platform,
	struct parts *ret, struct shale_error *err)
{
	auto_parts struct parts parts = { 0 };
	__attribute__((cleanup(cleanup_manifest))) struct manifest manifest = { 0 };
	auto_json json_t *index = NULL;
	struct descriptor at;
	const json_t *entry;
	int r = read_index(blobs, &index, err);

	if (r == 0)
		r = find_image(blobs, &index, tag, platform, &entry, err);
	if (r == 0)
		r = descriptor_parse(entry, &at, err);
	if (r == 0)
		r = follow(blobs, platform, &at, &manifest, err);
	if (r < 0)
		return r;
	r = read_manifest(blobs, manifest.json, &parts, err);
	if (r < 0)
		return error_fail(err, r, "manifest %s", at.digest);
	parts.manifest = steal_ptr(&manifest.text);
	const json_t *annotations = document_get(manifest.json, "annotations");
	if (json_is_object(annotations))
		parts.annotations = json_incref((json_t *)annotations);
	const char *name = index_entry_name(entry);
	if (name && !(parts.name = strdup(name)))
		return error_fail(err, -ENOMEM, "read index");
	*ret = parts;
	parts = (struct parts){ 0 };
	return 0;
}

int parts_list_oci(struct blobs *blobs, json_t **ret, struct shale_error *err)
{
	auto_json json_t *index = NULL;
	int r = read_index(blobs, &index, err);

	if (r >= 0)
		r = drop_artifacts(blobs, &index, err);
	return r < 0 ? r : index_list_tags(index, ret, err);
}
