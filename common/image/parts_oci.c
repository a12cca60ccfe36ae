/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/image/parts.h"

#include <stdio.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/error.h"
#include "common/image/document.h"
#include "common/image/manifest.h"

/* An index may lead to an index: the specification has no limit, loops are impossible, and what
 * real tools make is two deep. */
enum { MAX_DEPTH = 4 };

/* The verified bytes of a blob that a descriptor names. */
static int read_document(struct shale_blobs *blobs, const struct shale_descriptor *descriptor,
	char **ret, struct shale_error *err)
{
	auto_blob struct shale_blob blob = { .fd = -1 };
	auto_free char *text = NULL;
	char digest[SHALE_DIGEST_SIZE];
	size_t size;
	int r = shale_blobs_open_digest(blobs, descriptor->digest, &blob, err);

	if (r < 0)
		return r;
	if (blob.size != descriptor->size)
		return shale_fail_plain(err, -EBADMSG,
			"blob %s has %llu bytes, its descriptor says %llu", descriptor->digest,
			(unsigned long long)blob.size, (unsigned long long)descriptor->size);
	r = shale_blob_read_all(&blob, SHALE_DOCUMENT_LIMIT, &text, &size, err);
	if (r >= 0)
		r = shale_digest_like(descriptor->digest, text, size, digest);
	if (r < 0)
		return shale_fail(err, r, "blob %s", descriptor->digest);
	if (strcmp(digest, descriptor->digest) != 0)
		return shale_fail_plain(err, -EBADMSG,
			"blob %s is damaged: its content has the digest %s", descriptor->digest,
			digest);
	*ret = steal_ptr(&text);
	return 0;
}

static int read_json(struct shale_blobs *blobs, const struct shale_descriptor *descriptor,
	char **ret_text, json_t **ret, struct shale_error *err)
{
	auto_free char *text = NULL;
	int r = read_document(blobs, descriptor, &text, err);

	if (r < 0)
		return r;
	r = shale_document_parse(text, descriptor->size, ret, err);
	if (r < 0)
		return shale_fail(err, r, "blob %s", descriptor->digest);
	*ret_text = steal_ptr(&text);
	return 0;
}

/* Other readers of a layout want this file; here it is the proof that the source is one. */
static int check_layout(struct shale_blobs *blobs, struct shale_error *err)
{
	auto_free char *text = NULL;
	auto_json json_t *layout = NULL;
	size_t size;
	int r = shale_blobs_read_document(blobs, "oci-layout", &text, &size, err);

	if (r == 0)
		r = shale_document_parse(text, size, &layout, err);
	if (r < 0)
		return shale_fail(err, r, "not an OCI layout");
	const char *version = shale_document_string(layout, "imageLayoutVersion");
	if (!version || strncmp(version, "1.", 2) != 0)
		return shale_fail_plain(err, -EPROTONOSUPPORT,
			"OCI layout version '%.50s' is not known", version ? version : "");
	return 0;
}

static int read_index(struct shale_blobs *blobs, json_t **ret, struct shale_error *err)
{
	auto_free char *text = NULL;
	size_t size;
	int r = check_layout(blobs, err);

	if (r == 0)
		r = shale_blobs_read_document(blobs, "index.json", &text, &size, err);
	if (r < 0)
		return r;
	r = shale_document_parse(text, size, ret, err);
	return r < 0 ? shale_fail(err, r, "index.json") : 0;
}

/* A descriptor need not say what it names. */
static bool is_manifest(const struct shale_descriptor *at, const json_t *document)
{
	return shale_media_is_manifest(at->media_type) ||
	       (!*at->media_type && json_object_get(document, "config"));
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

/* From the entry of an index down to a manifest, through indexes for many platforms. */
static int follow(struct shale_blobs *blobs, const struct shale_platform *host,
	struct shale_descriptor *at, struct manifest *ret, struct shale_error *err)
{
	for (int depth = 0; depth < MAX_DEPTH; depth++) {
		auto_json json_t *document = NULL;
		auto_free char *text = NULL;
		const json_t *entry;
		int r = read_json(blobs, at, &text, &document, err);
		if (r < 0)
			return r;
		if (is_manifest(at, document)) {
			*ret = (struct manifest){ steal_ptr(&text), json_incref(document) };
			return 0;
		}
		if (*at->media_type && !shale_media_is_index(at->media_type))
			return shale_fail_plain(err, -EOPNOTSUPP,
				"blob %s has the unknown media type '%.200s'", at->digest,
				at->media_type);
		r = shale_index_find_platform(document, host, &entry, err);
		if (r < 0)
			return shale_fail(err, r, "blob %s", at->digest);
		r = shale_descriptor_parse(entry, at, err);
		if (r < 0)
			return r;
		/* Its text goes with the document. */
		at->media_type = shale_media_is_manifest(at->media_type) ? SHALE_MEDIA_MANIFEST
				 : shale_media_is_index(at->media_type)  ? SHALE_MEDIA_INDEX
				 : !*at->media_type                      ? ""
									 : "(in an index)";
	}
	return shale_fail_plain(err, -ELOOP, "indexes more than %d deep", MAX_DEPTH);
}

static int fill_layers(
	struct shale_parts *parts, const struct shale_descriptor *layers, struct shale_error *err)
{
	for (size_t i = 0; i < parts->n_layers; i++) {
		struct shale_part *part = &parts->layers[i];
		part->name = malloc(SHALE_BLOB_NAME_SIZE);
		if (!part->name)
			return shale_fail(err, -ENOMEM, "read manifest");
		shale_digest_blob_name(layers[i].digest, part->name);
		memcpy(part->digest, layers[i].digest, sizeof(part->digest));
		part->size = layers[i].size;
	}
	return 0;
}

static int read_manifest(struct shale_blobs *blobs, const json_t *manifest,
	struct shale_parts *parts, struct shale_error *err)
{
	auto_free struct shale_descriptor *layers = NULL;
	struct shale_descriptor config;
	char *text;
	size_t n;
	int r = shale_manifest_parse(manifest, &config, &layers, &n, err);

	if (r == 0)
		r = read_document(blobs, &config, &text, err);
	if (r == 0)
		r = shale_parts_set_config(parts, text, config.size, n, err);
	return r < 0 ? r : fill_layers(parts, layers, err);
}

int shale_parts_of_oci(struct shale_blobs *blobs, const char *tag,
	const struct shale_platform *platform, struct shale_parts *ret, struct shale_error *err)
{
	auto_parts struct shale_parts parts = { 0 };
	__attribute__((cleanup(cleanup_manifest))) struct manifest manifest = { 0 };
	auto_json json_t *index = NULL;
	struct shale_descriptor at;
	const json_t *entry;
	int r = read_index(blobs, &index, err);

	if (r == 0)
		r = shale_index_find_tag(index, tag, platform, &entry, err);
	if (r == 0)
		r = shale_descriptor_parse(entry, &at, err);
	if (r == 0)
		r = follow(blobs, platform, &at, &manifest, err);
	if (r < 0)
		return r;
	r = read_manifest(blobs, manifest.json, &parts, err);
	if (r < 0)
		return shale_fail(err, r, "manifest %s", at.digest);
	parts.manifest = steal_ptr(&manifest.text);
	const json_t *annotations = json_object_get(manifest.json, "annotations");
	if (json_is_object(annotations))
		parts.annotations = json_incref((json_t *)annotations);
	const char *name = shale_document_string(
		json_object_get(entry, "annotations"), SHALE_REF_NAME);
	if (name && !(parts.name = strdup(name)))
		return shale_fail(err, -ENOMEM, "read index");
	*ret = parts;
	parts = (struct shale_parts){ 0 };
	return 0;
}

int shale_parts_list_oci(struct shale_blobs *blobs, json_t **ret, struct shale_error *err)
{
	auto_json json_t *index = NULL;
	int r = read_index(blobs, &index, err);

	return r < 0 ? r : shale_index_list_tags(index, ret, err);
}
