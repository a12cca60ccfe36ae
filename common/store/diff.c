/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/archive/diff/diff.h"

#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/base/option_struct.h"
#include "common/store/foreign/adopted.h"
#include "common/store/features.h"
#include "common/store/layer.h"
#include "common/store/mount/layer_mount.h"
#include "common/store/original_stream.h"
#include "common/store/store_struct.h"
#include "common/store/root.h"
#include "common/store/store.h"

#include <fcntl.h>
#include <string.h>

void layer_roots_free(struct layer_roots *roots)
{
	for (size_t i = 0; i < roots->n; i++)
		if (roots->fds[i] >= 0)
			close(roots->fds[i]);
	free(roots->fds);
	layer_chain_free(roots->ids);
	*roots = (struct layer_roots){ 0 };
}
#define auto_roots __attribute__((cleanup(layer_roots_free)))

int layer_roots_put(struct layer_roots *roots, const char *id, int fd)
{
	auto_free int *fds = calloc(roots->n + 1, sizeof(*fds));
	/* Two more: the layer itself, and NULL as the end of the list. */
	auto_free char **ids = calloc(roots->n + 2, sizeof(*ids));

	if (!fds || !ids || !(ids[0] = strdup(id)))
		return -ENOMEM;
	fds[0] = fd;
	for (size_t i = 0; i < roots->n; i++) {
		fds[i + 1] = roots->fds[i];
		ids[i + 1] = roots->ids[i];
	}
	free(roots->fds);
	free(roots->ids);
	roots->fds = steal_ptr(&fds);
	roots->ids = steal_ptr(&ids);
	roots->n++;
	return 0;
}

static int open_roots(const struct shale_store *store, const struct layer *layer,
	struct layer_roots *ret, struct shale_error *err)
{
	auto_roots struct layer_roots roots = { 0 };
	size_t adopted = 0;
	int r = layer_chain(store, layer, &roots.ids, err);

	if (r < 0)
		return r;
	roots.fds = calloc(layer->n_lowers + 1, sizeof(*roots.fds));
	if (!roots.fds)
		return error_fail(err, -ENOMEM, "layer '%s'", layer->id);
	for (; roots.n <= layer->n_lowers; roots.n++) {
		bool is_adopted;
		int fd = root_open(store, roots.ids[roots.n], &is_adopted);

		if (fd < 0)
			return error_fail(err, fd, "open '%s/diff'", roots.ids[roots.n]);
		roots.fds[roots.n] = fd;
		adopted += is_adopted;
	}
	/* Another engine may change its layers at any time, so they are never frozen. */
	bool foreign = store->engine != ENGINE_SHALE;
	roots.frozen = layer_is_immutable(layer) && !foreign && !adopted;
	if (features_any(layer) & FEATURE_AUFS)
		roots.n_aufs = foreign ? roots.n : adopted;
	*ret = roots;
	roots = (struct layer_roots){ 0 };
	return 0;
}

/* Opens the layer and its roots. Fails with -ESTALE if a snapshot of LAYER is unfinished or made
 * meanwhile: its diff/ is missing for a moment then, and afterwards is an empty one. */
static int open_unchanged(struct shale_store *store, const struct layer *layer,
	struct layer_roots *ret, struct shale_error *err)
{
	struct shale_error why = { 0 };
	int r = open_roots(store, layer, ret, err);
	int now = r == 0 || r == -ENOENT ? layer_unchanged(store, layer, &why) : 0;

	if (now == 0)
		return r;
	if (r == 0)
		layer_roots_free(ret);
	if (err)
		*err = why;
	return now;
}

int store_layer_roots(
	struct shale_store *store, const char *id, struct layer_roots *ret, struct shale_error *err)
{
	auto_layer struct layer layer = LAYER_NONE;
	int r = layer_open(store, id, &layer, err);

	return r < 0 ? r : open_unchanged(store, &layer, ret, err);
}

int store_layer_roots_still_there(
	const struct shale_store *store, const struct layer_roots *roots, struct shale_error *err)
{
	for (size_t i = 0; i < roots->n; i++) {
		bool adopted;
		struct stat now, then;
		auto_close int fd = root_open(store, roots->ids[i], &adopted);
		if (fstat(roots->fds[i], &then) < 0)
			return error_fail(err, -errno, "layer %s", roots->ids[i]);
		if (fd < 0 || fstat(fd, &now) < 0 || now.st_dev != then.st_dev ||
			now.st_ino != then.st_ino)
			return error_fail_plain(err, -ESTALE,
				"layer %s was removed or replaced meanwhile", roots->ids[i]);
	}
	return 0;
}

int store_layer_original(struct shale_store *store, const char *id, struct stream_original *ret,
	struct shale_error *err)
{
	auto_layer struct layer layer = LAYER_NONE;
	int r = layer_open(store, id, &layer, err);

	return r < 0 ? r : original_stream_of(&layer, ret, err);
}

/* Counts the layers of ROOTS that lie above PARENT. */
static int count_above(
	const struct layer_roots *roots, const char *parent, size_t *ret, struct shale_error *err)
{
	if (!parent) {
		*ret = 1;
		return 0;
	}
	if (!*parent) {
		*ret = roots->n;
		return 0;
	}
	for (size_t i = 1; i < roots->n; i++)
		if (!strcmp(roots->ids[i], parent)) {
			*ret = i;
			return 0;
		}
	error_fail_plain(
		err, -EINVAL, "layer '%s' is no ancestor of layer '%s'", parent, roots->ids[0]);
	return error_remedy(err, -EINVAL,
		"'shale tree' shows the parents of each layer; an empty PARENT compares with "
		"nothing");
}

/* A question about a layer: its diff, changes or size. Exactly one of the callbacks is set. */
struct question {
	const char *parent;
	struct progress progress;
	int out;
	bool original; /* the diff may be the stream that the layer was unpacked from */
	uint64_t *ret_bytes;
	shale_change_fn *change;
	void *arg;
	int (*ask)(const struct diff_spec *spec, const struct question *q, struct shale_error *err);
};

static int compare(
	struct shale_store *store, const char *id, struct question *q, struct shale_error *err)
{
	auto_layer struct layer layer = LAYER_NONE;
	auto_roots struct layer_roots roots = { 0 };
	auto_original struct stream_original original = STREAM_ORIGINAL_NONE;
	struct diff_spec spec = { .class = store->config.class,
		.keep_labels = store->config.keep_labels,
		.ownership = store->config.ownership,
		.progress = &q->progress };
	int r = layer_open(store, id, &layer, err);

	if (r == 0)
		r = mount_flush(store, id, err);
	if (r == 0)
		r = open_unchanged(store, &layer, &roots, err);
	if (r == 0)
		r = count_above(&roots, q->parent, &spec.n_above, err);
	if (r == 0 && q->original && spec.n_above == 1)
		r = original_stream_of(&layer, &original, err);
	if (r >= 0 && progress_start(&q->progress, id, 0) < 0)
		r = error_fail(err, -ECANCELED, "layer '%s'", id);
	if (r < 0)
		return r;
	spec.original = r ? &original : NULL;
	spec.layers = roots.fds;
	spec.n_layers = roots.n;
	spec.n_aufs = roots.n_aufs;
	spec.frozen = roots.frozen;
	r = q->ask(&spec, q, err);
	if (r < 0)
		return error_fail(err, r, "layer '%s'", id);
	if (r == 0 && progress_end(&q->progress) < 0)
		return error_fail(err, -ECANCELED, "layer '%s'", id);
	/* No lock was held during the walk, so the layer may have been removed meanwhile. */
	return r > 0 ? r : layer_still_there(store, &layer, err);
}

static int ask_tar(const struct diff_spec *spec, const struct question *q, struct shale_error *err)
{
	return diff_tar(spec, q->out, err);
}

static int ask_size(const struct diff_spec *spec, const struct question *q, struct shale_error *err)
{
	return diff_size(spec, q->ret_bytes, err);
}

static int ask_changes(
	const struct diff_spec *spec, const struct question *q, struct shale_error *err)
{
	return diff_changes(spec, q->change, q->arg, err);
}

static int ask(struct shale_store *store, const char *id, const struct shale_diff_options *options,
	struct question *q, struct shale_error *err)
{
	struct shale_diff_options mine;
	int r = option_struct_take(&mine, sizeof(mine), options, "diff", err);

	if (r < 0)
		return r;
	q->parent = mine.parent;
	q->progress = (struct progress){ .fn = mine.progress, .arg = mine.progress_arg };
	/* Do not return the kept stream as a diff with no parent: its whiteouts would be wrong
	 * then. */
	q->original = q->out >= 0 && (!mine.parent || *mine.parent);
	return compare(store, id, q, err);
}

int shale_layer_diff(struct shale_store *store, const char *id,
	const struct shale_diff_options *options, int fd, struct shale_error *err)
{
	struct question q = { .ask = ask_tar, .out = fd };

	return ask(store, id, options, &q, err);
}

int shale_layer_diff_size(struct shale_store *store, const char *id,
	const struct shale_diff_options *options, uint64_t *ret_bytes, struct shale_error *err)
{
	struct question q = { .ask = ask_size, .out = -1, .ret_bytes = ret_bytes };

	return ask(store, id, options, &q, err);
}

int shale_layer_changes(struct shale_store *store, const char *id,
	const struct shale_diff_options *options, shale_change_fn *fn, void *arg,
	struct shale_error *err)
{
	struct question q = { .ask = ask_changes, .out = -1, .change = fn, .arg = arg };

	return ask(store, id, options, &q, err);
}
