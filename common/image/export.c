/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/image/export.h"

#include <stdio.h>
#include <string.h>

#include "common/archive/pax.h"
#include "common/cleanup.h"
#include "common/error.h"
#include "common/image/destination.h"
#include "common/image/document.h"
#include "common/image/reference.h"
#include "common/store/kept_blob.h"

/* What layer I, counted from the base, adds to the layers below it. */
static struct shale_diff_spec layer_spec(const struct shale_export *export, size_t i)
{
	const struct shale_layer_roots *roots = &export->lineage.roots;
	const size_t above = roots->n - 1 - i;

	return (struct shale_diff_spec){
		.layers = roots->fds + above,
		.n_layers = roots->n - above,
		.n_above = 1,
		.n_aufs = roots->n_aufs,
		.class = shale_store_xattr_class(export->store),
		.keep_labels = shale_store_keeps_labels(export->store),
		.ownership = shale_store_ownership(export->store),
		.frozen = roots->frozen,
	};
}

/* 1 if the blob that layer I came as was kept, and is written; else 0. */
static int write_kept_blob(struct shale_export *export, size_t i, struct shale_sink *sink,
	struct shale_layer_blob *ret, struct shale_error *err)
{
	const struct shale_descriptor *came = shale_packing_layer(&export->packing, i);
	const char *id = shale_lineage_id(&export->lineage, i);
	auto_close int fd = came ? shale_kept_blob_open(export->store, id, came->digest) : -ENOENT;

	if (fd < 0)
		return fd == -ENOENT ? 0 : shale_fail(err, fd, "open the kept blob");
	int r = shale_layer_blob_copy(fd, came->digest, sink, ret, err);
	return r < 0 ? r : 1;
}

static int write_layer(struct shale_export *export, size_t i, struct shale_sink *sink,
	struct shale_layer_blob *ret, struct shale_error *err)
{
	const char *id = shale_lineage_id(&export->lineage, i);
	auto_original struct shale_stream_original original = SHALE_STREAM_ORIGINAL_NONE;
	struct shale_diff_spec spec = layer_spec(export, i);
	struct shale_progress progress;
	char what[64];

	snprintf(what, sizeof(what), "layer %zu/%zu %.12s", i + 1, export->lineage.roots.n, id);
	shale_progress_start(&progress, export->options, what, 0);
	int known = shale_store_layer_original(export->store, id, &original, err);
	const enum shale_layer_blob_kind kind = export->docker
							? SHALE_LAYER_BLOB_DOCKER
							: shale_packing_kind(&export->packing, i,
								  original.diff_id);
	int r = known < 0 ? known : 0;
	if (known > 0 && !export->docker)
		r = write_kept_blob(export, i, sink, ret, err);
	if (r > 0) {
		ret->kind = kind;
		memcpy(ret->diff_id, original.diff_id, sizeof(ret->diff_id));
	}
	spec.original = known > 0 ? &original : NULL;
	if (r == 0)
		r = shale_layer_blob_write(&spec, kind, sink, &progress, ret, err);
	return r < 0 ? shale_fail(err, r, "layer %s", id) : 0;
}

int shale_export_layers(struct shale_export *export, struct shale_sink *sink,
	struct shale_layer_blob **ret, struct shale_error *err)
{
	const size_t n = export->lineage.roots.n;
	auto_free struct shale_layer_blob *blobs = calloc(n + 1, sizeof(*blobs));

	if (!blobs)
		return shale_fail(err, -ENOMEM, "write layers");
	for (size_t i = 0; i < n; i++) {
		int r = write_layer(export, i, sink, &blobs[i], err);
		if (r < 0)
			return r;
	}
	*ret = steal_ptr(&blobs);
	return shale_store_layer_roots_still_there(export->store, &export->lineage.roots, err);
}

int shale_export_config(struct shale_export *export, const struct shale_layer_blob *blobs,
	char **ret, char ret_digest[SHALE_DIGEST_SIZE], struct shale_error *err)
{
	const size_t n = export->lineage.roots.n;
	auto_free char(*diff_ids)[SHALE_DIGEST_SIZE] = calloc(n + 1, sizeof(*diff_ids));
	auto_free char *text = NULL;

	if (!diff_ids)
		return shale_fail(err, -ENOMEM, "make config");
	for (size_t i = 0; i < n; i++)
		memcpy(diff_ids[i], blobs[i].diff_id, sizeof(diff_ids[i]));
	int r = shale_lineage_config(export->store, &export->lineage,
		(const char(*)[SHALE_DIGEST_SIZE])diff_ids, &text, err);
	if (r < 0)
		return r;
	r = shale_digest_of(text, strlen(text), ret_digest);
	if (r < 0)
		return shale_fail(err, r, "make config");
	*ret = steal_ptr(&text);
	return 0;
}

int shale_export_document(
	struct shale_sink *sink, const char *name, const json_t *document, struct shale_error *err)
{
	auto_free char *text = document ? shale_document_print(document) : NULL;

	if (!text)
		return shale_fail(err, -ENOMEM, "write %s", name);
	return shale_sink_put(sink, name, text, strlen(text), err);
}

static int write_merged(const struct shale_export *export, int fd, struct shale_error *err)
{
	if (!export->lineage.roots.n) {
		auto_pax struct shale_pax *empty = shale_pax_new(fd);
		return empty ? shale_pax_finish(empty) : shale_fail(err, -ENOMEM, "write tar");
	}
	struct shale_diff_spec spec = layer_spec(export, export->lineage.roots.n - 1);
	spec.n_above = spec.n_layers;
	return shale_diff_tar(&spec, fd, err);
}

static int export_tar(struct shale_export *export, const char *path, struct shale_error *err)
{
	struct shale_destination to;
	int r = shale_destination_open(path, shale_store_home(export->store), &to, err);

	if (r < 0)
		return r;
	r = write_merged(export, to.file.fd, err);
	if (r >= 0)
		r = shale_store_layer_roots_still_there(export->store, &export->lineage.roots, err);
	if (r >= 0)
		r = shale_destination_commit(&to, err);
	shale_destination_close(&to);
	return r;
}

static int export_to_sink(
	struct shale_export *export, const struct shale_reference *dest, struct shale_error *err)
{
	auto_sink struct shale_sink *sink = NULL;
	int r = dest->kind == SHALE_REFERENCE_OCI
			? shale_sink_dir(dest->path, &sink, err)
			: shale_sink_tar(dest->path, shale_store_home(export->store), &sink, err);

	if (r < 0)
		return r;
	export->docker = dest->kind == SHALE_REFERENCE_DOCKER_ARCHIVE;
	r = export->docker ? shale_export_docker(export, sink, err)
			   : shale_export_oci(export, sink, err);
	return r < 0 ? r : sink->ops->commit(sink, err);
}

static int export_to(
	struct shale_export *export, const char *what, const char *to, struct shale_error *err)
{
	struct shale_reference dest;
	int r = shale_reference_parse(to, &dest, err);

	if (r < 0)
		return r;
	export->tag = dest.tag;
	r = shale_lineage_find(export->store, what, &export->lineage, err);
	if (r == 0)
		r = shale_lineage_change(
			&export->lineage, export->options ? export->options->config : NULL, err);
	if (r == 0)
		r = shale_packing_open(export->lineage.manifest, &export->packing, err);
	if (r == 0)
		r = dest.kind >= SHALE_REFERENCE_TAR ? export_tar(export, dest.path, err)
						     : export_to_sink(export, &dest, err);
	shale_packing_close(&export->packing);
	shale_lineage_free(&export->lineage);
	shale_reference_free(&dest);
	return r < 0 ? r : 0;
}

int shale_image_export(struct shale_store *store, const char *what, const char *dest,
	const struct shale_image_options *options, struct shale_error *err)
{
	struct shale_export export = { .store = store, .options = options };

	if (options && options->size < sizeof(*options))
		return shale_fail_plain(err, -EINVAL, "export: option struct without its size");
	if (options && options->config && options->config->size < sizeof(*options->config))
		return shale_fail_plain(
			err, -EINVAL, "export: config option struct without its size");
	int r = export_to(&export, what, dest, err);

	return r < 0 ? shale_fail(err, r, "export '%s' to '%s'", what, dest) : 0;
}
