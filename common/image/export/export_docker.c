/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/image/export/export.h"

#include <stdio.h>
#include <string.h>

#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/image/document.h"
#include "common/image/reference.h"

/* Returns the names for "RepoTags": the one that the user gave; else those that the image had at
 * the import; else its name in the store, if docker accepts that; else null, as `docker save ID`
 * writes. */
static json_t *repo_tags(const struct export *export)
{
	const char *name = export->tag ? export->tag : export->lineage.name;

	if (!export->tag && json_array_size(export->lineage.tags))
		return json_incref(export->lineage.tags);
	if (!name || !reference_is_repo_tag(name))
		return json_null();
	return json_pack("[s+]", name, reference_has_tag(name) ? "" : ":latest");
}

static json_t *layer_names(const struct layer_blob *blobs, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++) {
		char name[DIGEST_SIZE + 8];
		snprintf(name, sizeof(name), "%s.tar", digest_hex(blobs[i].digest));
		if (json_array_append_new(list, json_string(name)) < 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

int export_docker(struct export *export, struct sink *sink, struct shale_error *err)
{
	auto_free struct layer_blob *blobs = NULL;
	auto_free char *config = NULL;
	char digest[DIGEST_SIZE], name[DIGEST_SIZE + 8];
	int r = export_layers(export, sink, &blobs, err);

	if (r == 0)
		r = export_config(export, blobs, &config, digest, err);
	if (r < 0)
		return r;
	snprintf(name, sizeof(name), "%s.json", digest_hex(digest));
	r = sink_put(sink, name, config, strlen(config), err);
	if (r < 0)
		return r;
	auto_json json_t *manifest = json_pack("[{s:s, s:o, s:o}]", "Config", name, "RepoTags",
		repo_tags(export), "Layers", layer_names(blobs, export->lineage.roots.n));
	return export_document(sink, "manifest.json", manifest, err);
}
