/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/image/export/export.h"

#include <stdio.h>
#include <string.h>

#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/image/document.h"
#include "common/image/manifest.h"
#include "common/image/reference.h"

static const char layout_text[] = "{\"imageLayoutVersion\":\"1.0.0\"}";

/* Writes TEXT as a blob. Its digest has the algorithm of LIKE. *RET is the blob's descriptor. */
static int put_blob(struct sink *sink, const char *media_type, const char *like, const char *text,
	json_t **ret, struct shale_error *err)
{
	char digest[DIGEST_SIZE], name[BLOB_NAME_SIZE];
	int r = digest_like(like, text, strlen(text), digest);

	if (r < 0)
		return error_fail(err, r, "write blob");
	digest_blob_name(digest, name);
	r = sink_put(sink, name, text, strlen(text), err);
	if (r < 0)
		return r;
	*ret = descriptor_new(media_type, digest, strlen(text));
	return *ret ? 0 : error_fail(err, -ENOMEM, "write blob");
}

static json_t *layer_descriptors(const struct export *export, const struct layer_blob *blobs)
{
	json_t *list = json_array();

	for (size_t i = 0; i < export->lineage.roots.n; i++)
		if (json_array_append_new(
			    list, packing_descriptor(&export->packing, i, &blobs[i])) < 0) {
			json_decref(list);
			return NULL;
		}
	return list;
}

/* Makes the text of a manifest. The caller frees it; NULL without memory. */
static char *new_manifest(
	const struct export *export, const struct layer_blob *blobs, json_t *config_at)
{
	auto_json json_t *layers = layer_descriptors(export, blobs);
	auto_json json_t *manifest = json_pack("{s:i, s:s, s:O, s:O*, s:O*}", "schemaVersion", 2,
		"mediaType", MEDIA_MANIFEST, "config", config_at, "layers", layers, "annotations",
		export->lineage.annotations);

	return manifest && layers ? document_print(manifest) : NULL;
}

/* Writes the config and the manifest; *RET is the manifest's descriptor. An image that did not
 * change since its import keeps its manifest, so that signatures stay valid. The manifest's digest
 * uses the config's algorithm. */
static int put_manifest(struct export *export, struct sink *sink, const struct layer_blob *blobs,
	json_t **ret, struct shale_error *err)
{
	auto_free char *config = NULL;
	auto_json json_t *config_at = NULL;
	char digest[DIGEST_SIZE];
	int r = export_config(export, blobs, &config, digest, err);

	if (r == 0)
		r = put_blob(sink, MEDIA_CONFIG, digest, config, &config_at, err);
	if (r < 0)
		return r;
	if (packing_is_same(&export->packing, digest, blobs, export->lineage.roots.n))
		return put_blob(sink, packing_media_type(&export->packing), digest,
			export->lineage.manifest, ret, err);
	auto_free char *text = new_manifest(export, blobs, config_at);
	if (!text)
		return error_fail(err, -ENOMEM, "make manifest");
	return put_blob(sink, MEDIA_MANIFEST, digest, text, ret, err);
}

/* Chooses the image's tag in the layout: the user's, else the image's name, if that is a valid
 * tag. */
static const char *choose_tag(const struct export *export)
{
	if (export->tag)
		return export->tag;
	if (export->lineage.name && reference_is_name(export->lineage.name))
		return export->lineage.name;
	return "latest";
}

/* Adds the full name (host/path:tag), because Docker and containerd find an image only by this
 * name. A TAG without ':' or '/' gets none, since it may be only a tag. */
static int name_entry(const char *tag, json_t *entry)
{
	auto_free char *full = NULL;
	const bool is_name = strpbrk(tag, ":/") && reference_is_repo_tag(tag);

	if (is_name && !(full = reference_full_name(tag)))
		return -ENOMEM;
	json_t *names = json_pack("{s:s, s:s*}", REF_NAME, tag, FULL_NAME, full);
	return json_object_set_new(entry, "annotations", names) < 0 ? -ENOMEM : 0;
}

static int describe(const struct export *export, json_t *entry)
{
	const json_t *config = export->lineage.config;
	const char *architecture = document_string(config, "architecture");
	const char *os = document_string(config, "os");
	const char *variant = document_string(config, "variant");

	if (name_entry(choose_tag(export), entry) < 0)
		return -ENOMEM;
	if (!architecture || !os)
		return 0;
	json_t *platform = json_pack("{s:s, s:s, s:s*}", "architecture", architecture, "os", os,
		"variant", variant && *variant ? variant : NULL);
	return json_object_set_new(entry, "platform", platform) < 0 ? -ENOMEM : 0;
}

static bool has_tag(const json_t *entry, const char *tag)
{
	const char *name = document_string(document_get(entry, "annotations"), REF_NAME);

	return name && strcmp(name, tag) == 0;
}

/* Reads the index, and removes the entry with our tag, which is about to be replaced. Makes an
 * empty index if there is none. */
static int read_index(struct sink *sink, const char *tag, json_t **ret, struct shale_error *err)
{
	auto_json json_t *index = NULL;
	auto_free char *text = NULL;
	size_t size;
	int r = sink->ops->read(sink, INDEX_NAME, &text, &size, err);

	if (r == -ENOENT) {
		*ret = json_pack("{s:i, s:s, s:[]}", "schemaVersion", 2, "mediaType", MEDIA_INDEX,
			"manifests");
		return *ret ? 0 : error_fail(err, -ENOMEM, "make index");
	}
	if (r == 0)
		r = document_parse(text, size, &index, err);
	if (r < 0)
		return error_fail(err, r, INDEX_NAME);
	json_t *entries = document_get(index, "manifests");
	if (!json_is_array(entries))
		return error_fail_plain(err, -EBADMSG, "index.json is not an image index");
	for (size_t i = json_array_size(entries); i-- > 0;)
		if (has_tag(json_array_get(entries, i), tag))
			json_array_remove(entries, i);
	*ret = json_incref(index);
	return 0;
}

/* Writes the file oci-layout. In a directory the file exists already. */
static int put_layout(struct sink *sink, struct shale_error *err)
{
	auto_free char *text = NULL;
	size_t size;
	int r = sink->ops->read(sink, "oci-layout", &text, &size, err);

	return r != -ENOENT
		       ? r
		       : sink_put(sink, "oci-layout", layout_text, sizeof(layout_text) - 1, err);
}

int export_oci(struct export *export, struct sink *sink, struct shale_error *err)
{
	auto_free struct layer_blob *blobs = NULL;
	auto_json json_t *index = NULL, *entry = NULL;
	int r = read_index(sink, choose_tag(export), &index, err);

	if (r == 0)
		r = export_layers(export, sink, &blobs, err);
	if (r == 0)
		r = put_manifest(export, sink, blobs, &entry, err);
	if (r < 0)
		return r;
	if (describe(export, entry) < 0 ||
		json_array_append(document_get(index, "manifests"), entry) < 0)
		return error_fail(err, -ENOMEM, "make index");
	r = put_layout(sink, err);
	return r < 0 ? r : export_document(sink, INDEX_NAME, index, err);
}
