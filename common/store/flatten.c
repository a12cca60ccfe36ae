/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Shortens the chain of a writable layer: copies the files of the layers between it and one of its
 * ancestors into it, and that ancestor becomes its parent. A mount shows the same as before. The
 * layers in between are not changed. The new directory is made in staging/, and one exchange puts
 * it in place. */
#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/base/option_struct.h"
#include "common/base/progress.h"
#include "common/overlay/layer_copy.h"
#include "common/store/draft.h"
#include "common/store/features.h"
#include "common/store/files/smallfile.h"
#include "common/store/foreign/adopted.h"
#include "common/store/foreign/foreign.h"
#include "common/store/layer.h"
#include "common/store/layer_lock.h"
#include "common/store/log.h"
#include "common/store/lower.h"
#include "common/store/mount/live_refs.h"
#include "common/store/dependents.h"
#include "common/store/store_struct.h"
#include "common/store/root.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

struct flattening {
	struct shale_store *store;
	const struct layer *layer;
	char **ids;  /* the layer and its ancestors */
	size_t keep; /* index of the ancestor that becomes the parent; N_LOWERS + 1: the layer gets
			no parent */
	struct progress *progress;
	struct shale_error *err;
};

/* Returns 1 if others share the layer ID and those below it: an image or another engine has it. */
static int is_shared(const struct shale_store *store, const char *id, struct shale_error *err)
{
	auto_layer struct layer layer = LAYER_NONE;
	auto_free char *images = NULL;
	int r = layer_open(store, id, &layer, err);

	if (r == 0 && !adopted_from(&layer))
		r = dependents_images(store, &layer, &images, err);
	return r < 0 ? r : images || adopted_from(&layer);
}

/* Finds the ancestor that becomes the parent: DOWN_TO; "": none; NULL: the nearest one that an
 * image or another engine shares. */
static int find_new_parent(struct flattening *flattening, const char *down_to)
{
	const size_t end = flattening->layer->n_lowers + 1;
	size_t i = 1;
	int found = 0;

	for (; i < end && (!down_to || *down_to) && !found; i += !found) {
		found = down_to ? !strcmp(flattening->ids[i], down_to)
				: is_shared(flattening->store, flattening->ids[i], flattening->err);
		if (found < 0)
			return found;
	}
	if (down_to && *down_to && !found) {
		error_fail_plain(flattening->err, -EINVAL,
			"layer '%s' is no ancestor of layer '%s'", down_to, flattening->layer->id);
		return error_remedy(
			flattening->err, -EINVAL, "'shale tree' shows the parents of each layer");
	}
	flattening->keep = found ? i : end;
	return 0;
}

static int must_be_mergeable(const struct flattening *flattening, const char *id)
{
	auto_layer struct layer layer = LAYER_NONE;
	int r = layer_open(flattening->store, id, &layer, flattening->err);

	if (r < 0)
		return r;
	if (adopted_from(&layer)) {
		error_fail_plain(flattening->err, -EOPNOTSUPP,
			"layer '%s' belongs to another engine: '%s'", id, adopted_from(&layer));
		return error_remedy(flattening->err, -EOPNOTSUPP,
			"keep it: shale flatten --down-to %s %s", id, flattening->layer->id);
	}
	if (features_own(&layer) == 0)
		return 0;
	error_fail_plain(flattening->err, -EOPNOTSUPP,
		"layer '%s' may hold redirects or metacopies, which need the layers below", id);
	return error_remedy(flattening->err, -EOPNOTSUPP, "rewrite it first: shale convert %s", id);
}

static int must_be_own(const struct flattening *flattening)
{
	const struct layer *layer = flattening->layer;

	if (layer_is_immutable(layer)) {
		error_fail_plain(flattening->err, -EINVAL,
			"layer '%s' is immutable: others may use it as it is", layer->id);
		return error_remedy(flattening->err, -EINVAL,
			"flatten a layer on top of it: shale create --rw --parent %s NEW",
			layer->id);
	}
	return refs_must_be_idle(flattening->store, layer->id, flattening->err);
}

static int make_and_open(int dirfd, const char *name)
{
	int r = sys(mkdirat(dirfd, name, 0700));

	return r < 0 ? r : sys(openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

static int copy_layers(const struct flattening *flattening, const struct draft *draft)
{
	auto_close int work = make_and_open(draft->staging.dir, "work");
	auto_close int links = make_and_open(draft->staging.dir, "links");
	int r = work < 0 ? work : links < 0 ? links : 0;

	if (r < 0)
		return error_fail(flattening->err, r, "make a directory in staging");
	for (size_t i = 0; r == 0 && i < flattening->keep; i++) {
		bool adopted;
		auto_close int from = root_open(flattening->store, flattening->ids[i], &adopted);
		const struct layer_copy copy = { .from = from,
			.to = draft->diff,
			.work = work,
			.links = links,
			.class = flattening->store->config.class,
			.topmost = i == 0,
			.link = i == 0, /* hard links: the writable layer's old directory is removed
					   afterwards */
			.progress = flattening->progress };
		r = from < 0 ? from : layer_copy_run(&copy, flattening->err);
		if (r < 0)
			return error_fail(
				flattening->err, r, "merge layer '%s'", flattening->ids[i]);
	}
	if (flattening->keep <= flattening->layer->n_lowers)
		return 0;
	r = layer_copy_drop_marks(draft->diff, flattening->store->config.class, flattening->err);
	return r < 0 ? error_fail(flattening->err, r, "remove marks that hide nothing") : 0;
}

/* An image's config is in the nearest layer that has one. Copies it, since the chain loses that
 * layer. */
static int keep_config(const struct flattening *flattening, const struct draft *draft)
{
	int there = smallfile_exists(draft->dir, "image.json");

	for (size_t i = 1; there == 0 && i < flattening->keep; i++) {
		auto_free char *text = NULL;
		char path[ID_MAX + sizeof("/image.json")];

		snprintf(path, sizeof(path), "%s/image.json", flattening->ids[i]);
		ssize_t n = smallfile_read(flattening->store->home, path, &text);
		if (n < 0 && n != -ENOENT)
			return (int)n;
		if (n >= 0)
			return smallfile_create(draft->dir, "image.json", text, 0644);
	}
	return there < 0 ? there : 0;
}

static int set_parent(const struct flattening *flattening, struct draft *draft)
{
	auto_layer struct layer parent = LAYER_NONE;
	auto_free char *text = NULL;
	const bool bottom = flattening->keep > flattening->layer->n_lowers;
	const char *id = bottom ? "" : flattening->ids[flattening->keep];
	int r = bottom ? 0 : layer_open(flattening->store, id, &parent, flattening->err);

	if (r < 0)
		return r;
	strcpy(draft->parent, id);
	r = sys(unlinkat(draft->dir, "lower", 0));
	if (r == 0 && !bottom)
		r = lower_to_text(&parent, &text);
	if (r == 0 && !bottom)
		r = smallfile_create(draft->dir, "lower", text, 0644);
	if (r == 0)
		r = features_set_below(draft->record, bottom ? 0 : features_any(&parent));
	if (r == 0 && json_object_set_new(draft->record, "parent", json_string(id)) < 0)
		r = -ENOMEM;
	return r < 0 ? error_fail(flattening->err, r, "note the new parent") : 0;
}

static int exchange(const struct flattening *flattening, struct draft *draft)
{
	struct shale_error *err = flattening->err;
	int home = flattening->store->home;
	int r = draft_write(flattening->store, draft, err);

	if (r < 0)
		return r;
	r = sys(renameat2(
		draft->staging.dir, "layer", home, flattening->layer->id, RENAME_EXCHANGE));
	if (r == -EINVAL || r == -ENOSYS) {
		error_fail_plain(err, -EOPNOTSUPP,
			"the filesystem of '%s' cannot exchange two directories",
			flattening->store->home_path);
		return error_remedy(err, -EOPNOTSUPP, "copy the layer: shale commit ID NEW");
	}
	if (r == 0)
		r = sys(fsync(home));
	return r < 0 ? error_fail(err, r, "exchange two directories") : 0;
}

static int rewrite(const struct flattening *flattening)
{
	auto_draft struct draft draft = DRAFT_NONE;
	int r = draft_begin_replacement(
		flattening->store, flattening->layer, &draft, flattening->err);

	if (r < 0)
		return r;
	draft.filled = true;
	r = copy_layers(flattening, &draft);
	if (r == 0)
		r = set_parent(flattening, &draft);
	if (r < 0)
		return r;
	r = keep_config(flattening, &draft);
	if (r < 0)
		return error_fail(flattening->err, r, "keep the image's config");
	return exchange(flattening, &draft);
}

/* The caller holds the layer's lock. Returns how many layers were merged into the layer. */
static int flatten(struct flattening *flattening, const char *down_to)
{
	auto_layer_chain char **ids = NULL;
	int r = must_be_own(flattening);

	if (r == 0)
		r = layer_chain(flattening->store, flattening->layer, &ids, flattening->err);
	if (r < 0)
		return r;
	flattening->ids = ids;
	r = find_new_parent(flattening, down_to);
	if (r < 0 || flattening->keep == 1)
		return r;
	for (size_t i = 0; r == 0 && i < flattening->keep; i++)
		r = must_be_mergeable(flattening, ids[i]);
	if (r == 0)
		r = rewrite(flattening);
	return r < 0 ? r : (int)flattening->keep - 1;
}

int shale_layer_flatten(struct shale_store *store, const char *id,
	const struct shale_flatten_options *options, struct shale_error *err)
{
	struct shale_flatten_options mine;
	auto_layer struct layer layer = LAYER_NONE;
	int r = option_struct_take(&mine, sizeof(mine), options, "flatten", err);

	if (r == 0)
		r = foreign_refuse(store, err);
	if (r == 0)
		r = id_check(id, err);
	if (r < 0)
		return r;
	struct progress progress = { .fn = mine.progress, .arg = mine.progress_arg };
	struct flattening flattening = {
		.store = store, .layer = &layer, .progress = &progress, .err = err
	};
	r = progress_start(&progress, id, 0);
	auto_close int lock = r < 0 ? r : layer_lock(store, id, err);
	r = lock < 0 ? lock : layer_open(store, id, &layer, err);
	if (r == 0)
		r = flatten(&flattening, mine.down_to);
	if (r < 0)
		return error_fail(err, r, "flatten layer '%s'", id);
	store_log(store, LOG_INFO, "layer '%s' has the files of %d layers below it now", id, r);
	return r;
}
