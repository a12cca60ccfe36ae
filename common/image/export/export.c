/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/image/export/export.h"

#include <stdio.h>
#include <string.h>

#include "common/archive/pax.h"
#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/base/option_struct.h"
#include "common/image/export/destination.h"
#include "common/image/document.h"
#include "common/image/reference.h"
#include "common/store/id.h"
#include "common/store/kept_blob.h"

enum { TRIES = 4 };

/* Returns how to compare layer I, counted from the base, with the layers below it. */
static struct diff_spec layer_spec(const struct export *export, size_t i)
{
	const struct layer_roots *roots = &export->lineage.roots;
	const size_t above = roots->n - 1 - i;

	return (struct diff_spec){
		.layers = roots->fds + above,
		.n_layers = roots->n - above,
		.n_above = 1,
		.n_aufs = roots->n_aufs,
		.class = store_xattr_class(export->store),
		.keep_labels = store_keeps_labels(export->store),
		.ownership = store_ownership(export->store),
		.frozen = roots->frozen,
	};
}

/* Writes the compressed blob of layer I that the import has kept. Returns 1, or 0 if none was
 * kept. */
static int write_kept_blob(struct export *export, size_t i, struct sink *sink,
	struct layer_blob *ret, struct shale_error *err)
{
	const struct descriptor *came = packing_layer(&export->packing, i);
	const char *id = lineage_id(&export->lineage, i);
	auto_close int fd = came ? kept_blob_open(export->store, id, came->digest) : -ENOENT;

	if (fd < 0)
		return fd == -ENOENT ? 0 : error_fail(err, fd, "open the kept blob");
	int r = layer_blob_copy(fd, came->digest, sink, &export->progress, ret, err);
	return r < 0 ? r : 1;
}

static int write_layer(struct export *export, size_t i, struct sink *sink, struct layer_blob *ret,
	struct shale_error *err)
{
	const char *id = lineage_id(&export->lineage, i);
	auto_original struct stream_original original = STREAM_ORIGINAL_NONE;
	struct diff_spec spec = layer_spec(export, i);
	char what[64];

	snprintf(what, sizeof(what), "layer %zu/%zu %.12s", i + 1, export->lineage.roots.n, id);
	int r = progress_start(&export->progress, what, 0);
	if (r < 0)
		return error_fail(err, r, "layer %s", id);
	int known = store_layer_original(export->store, id, &original, err);
	const enum layer_blob_kind kind = export->docker ? LAYER_BLOB_DOCKER
							 : packing_kind(&export->packing, i,
								   original.diff_id);
	r = known < 0 ? known : 0;
	if (known > 0 && !export->docker)
		r = write_kept_blob(export, i, sink, ret, err);
	if (r > 0) {
		ret->kind = kind;
		memcpy(ret->diff_id, original.diff_id, sizeof(ret->diff_id));
	}
	spec.original = known > 0 ? &original : NULL;
	if (r == 0)
		r = layer_blob_write(&spec, kind, sink, &export->progress, ret, err);
	return r < 0 ? error_fail(err, r, "layer %s", id) : 0;
}

int export_layers(
	struct export *export, struct sink *sink, struct layer_blob **ret, struct shale_error *err)
{
	const size_t n = export->lineage.roots.n;
	auto_free struct layer_blob *blobs = calloc(n + 1, sizeof(*blobs));

	if (!blobs)
		return error_fail(err, -ENOMEM, "write layers");
	for (size_t i = 0; i < n; i++) {
		int r = write_layer(export, i, sink, &blobs[i], err);
		if (r < 0)
			return r;
	}
	*ret = steal_ptr(&blobs);
	return store_layer_roots_still_there(export->store, &export->lineage.roots, err);
}

int export_config(struct export *export, const struct layer_blob *blobs, char **ret,
	char ret_digest[DIGEST_SIZE], struct shale_error *err)
{
	const size_t n = export->lineage.roots.n;
	auto_free char(*diff_ids)[DIGEST_SIZE] = calloc(n + 1, sizeof(*diff_ids));
	auto_free char *text = NULL;

	if (!diff_ids)
		return error_fail(err, -ENOMEM, "make config");
	for (size_t i = 0; i < n; i++)
		memcpy(diff_ids[i], blobs[i].diff_id, sizeof(diff_ids[i]));
	int r = lineage_config(
		export->store, &export->lineage, (const char(*)[DIGEST_SIZE])diff_ids, &text, err);
	if (r < 0)
		return r;
	r = digest_like(export->docker ? NULL : export->packing.config.digest, text, strlen(text),
		ret_digest);
	if (r < 0)
		return error_fail(err, r, "make config");
	*ret = steal_ptr(&text);
	return 0;
}

int export_document(
	struct sink *sink, const char *name, const json_t *document, struct shale_error *err)
{
	auto_free char *text = document ? document_print(document) : NULL;

	if (!text)
		return error_fail(err, -ENOMEM, "write %s", name);
	return sink_put(sink, name, text, strlen(text), err);
}

static int write_merged(struct export *export, int fd, struct shale_error *err)
{
	if (!export->lineage.roots.n) {
		auto_pax struct pax *empty = pax_new(fd);
		return empty ? pax_finish(empty) : error_fail(err, -ENOMEM, "write tar");
	}
	struct diff_spec spec = layer_spec(export, export->lineage.roots.n - 1);
	spec.n_above = spec.n_layers;
	spec.progress = &export->progress;
	return diff_tar(&spec, fd, err);
}

static struct export_to how_to_write(const struct export *export)
{
	return (struct export_to){
		.spool = store_home(export->store),
		.force = export->force,
	};
}

static int export_tar(struct export *export, const char *path, struct shale_error *err)
{
	const struct export_to how = how_to_write(export);
	struct destination to;
	int r = destination_open(path, &how, &to, err);

	if (r < 0)
		return r;
	r = write_merged(export, to.file.fd, err);
	if (r >= 0)
		r = store_layer_roots_still_there(export->store, &export->lineage.roots, err);
	if (r >= 0)
		r = destination_commit(&to, err);
	destination_close(&to);
	return r;
}

static int export_to_sink(
	struct export *export, const struct reference *dest, struct shale_error *err)
{
	const struct export_to how = how_to_write(export);
	auto_sink struct sink *sink = NULL;
	int r = dest->kind == REFERENCE_OCI ? sink_dir(dest->path, &sink, err)
					    : sink_tar(dest->path, &how, &sink, err);

	if (r < 0)
		return r;
	export->docker = dest->kind == REFERENCE_DOCKER_ARCHIVE;
	r = export->docker ? export_docker(export, sink, err) : export_oci(export, sink, err);
	return r < 0 ? r : sink->ops->commit(sink, err);
}

/* Exports the image to DEST. -EAGAIN means that another process has made the layout meanwhile; the
 * next try adds the image to that layout. */
static int export_image(
	struct export *export, const struct reference *dest, struct shale_error *err)
{
	int r = -EAGAIN;

	for (int i = 0; i < TRIES && r == -EAGAIN; i++) {
		error_clear(err);
		r = export_to_sink(export, dest, err);
	}
	return r;
}

/* If layer ID is in use, continues with a snapshot of it. If its mount cannot be frozen, ID is read
 * as it is; so it is while it has no files of its own, to make no snapshot without need. */
static int freeze(struct export *export, const char *id, struct shale_error *err)
{
	char frozen[ID_MAX + 1];
	struct shale_error why = { 0 };

	if (export->lineage.name || !store_is_used(export->store, id))
		return 0;
	export->live = true;
	if (store_upper_is_empty(export->store, id)) {
		error_fail_plain(&export->why_live, -EAGAIN, "it had no files of its own before");
		return 0;
	}
	int r = id_derive(id, frozen);
	if (r < 0)
		return error_fail(err, r, "choose an id");
	r = store_freeze_used(export->store, id, frozen, NULL, &why);
	if (r < 0 && r != -EOPNOTSUPP && err)
		*err = why;
	if (r <= 0) {
		export->live = r < 0;
		export->why_live = why;
		return r == -EOPNOTSUPP ? 0 : r;
	}
	export->live = false;
	lineage_free(&export->lineage);
	return lineage_find_layer(export->store, frozen, &export->lineage, err);
}

static int export_to(
	struct export *export, const char *what, const char *to, struct shale_error *err)
{
	struct reference dest;
	int r = reference_parse(to, &dest, err);

	if (r < 0)
		return r;
	export->tag = dest.tag;
	r = lineage_find(export->store, what, &export->lineage, err);
	if (r == 0)
		r = freeze(export, what, err);
	if (r == 0)
		r = lineage_change(&export->lineage, export->config, err);
	if (r == 0)
		r = packing_open(export->lineage.manifest, &export->packing, err);
	if (r == 0)
		r = reference_writes_rootfs(&dest) ? export_tar(export, dest.path, err)
						   : export_image(export, &dest, err);
	packing_close(&export->packing);
	lineage_free(&export->lineage);
	reference_free(&dest);
	if (r >= 0 && export->live && !store_upper_is_empty(export->store, what))
		store_warn_used(export->store, "export", what, &export->why_live);
	return r < 0 ? r : 0;
}

int shale_image_export(struct shale_store *store, const char *what, const char *dest,
	const struct shale_export_options *options, struct shale_error *err)
{
	struct shale_export_options mine;
	struct shale_config_options config;
	struct export export = { .store = store, .config = &config };
	int r = option_struct_take(&mine, sizeof(mine), options, "export", err);

	if (r == 0)
		r = option_flags_check(mine.flags, SHALE_EXPORT_FORCE, "export", err);
	if (r == 0)
		r = option_struct_take(&config, sizeof(config), mine.config, "export: config", err);
	if (r < 0)
		return r;
	export.force = mine.flags & SHALE_EXPORT_FORCE;
	export.progress = (struct progress){ .fn = mine.progress, .arg = mine.progress_arg };
	r = export_to(&export, what, dest, err);
	return r < 0 ? error_fail(err, r, "export '%s' to '%s'", what, dest) : 0;
}
