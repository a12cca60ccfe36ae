/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/store/store.h"

#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/base/progress.h"
#include "common/base/option_struct.h"
#include "common/base/readdir.h"
#include "common/store/foreign/adopted.h"
#include "common/store/hold.h"
#include "common/store/layer.h"
#include "common/store/link.h"
#include "common/store/layer_ids.h"
#include "common/store/files/lock.h"
#include "common/store/dependents.h"
#include "common/store/store_struct.h"
#include "common/store/mount/refs.h"
#include "common/store/remains.h"
#include "common/store/staging.h"
#include "common/store/trash.h"
#include "common/store/foreign/foreign.h"

#include <fcntl.h>
#include <string.h>
#include <sys/file.h>

struct collector {
	struct shale_store *store;
	shale_pair_fn *fn;
	void *arg;
	struct progress *progress;
	struct shale_error *err;
};

static int tell(const struct collector *collector, const char *what, const char *name)
{
	return collector->fn ? collector->fn(what, name, collector->arg) : 0;
}

static bool leads_to_layer(const struct shale_store *store, const char *link)
{
	char id[ID_MAX + 1], owned[SHORT_LEN + 1];

	if (link_read(store, link, id) < 0)
		return false;
	auto_close int dir = sys(
		openat(store->home, id, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
	return dir >= 0 && link_of(dir, owned) == 0 && !strcmp(owned, link);
}

/* Returns 1 if a draft in staging/ uses the link LINK. */
static int is_of_draft(const struct shale_store *store, const char *link)
{
	auto_closedir DIR *dir = dir_list(store->home, "staging");

	struct dirent *entry;
	int more;

	if (!dir)
		return -errno;
	while ((more = dir_next(dir, &entry)) > 0) {
		char path[300], owned[SHORT_LEN + 1];

		snprintf(path, sizeof(path), "%s/layer", entry->d_name);
		auto_close int draft = sys(openat(
			store->staging, path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
		int r = draft < 0 ? draft : link_of(draft, owned);
		if (r == 0 && !strcmp(owned, link))
			return 1;
		if (r < 0 && r != -ENOENT && r != -ENOTDIR && r != -EINVAL)
			return r;
	}
	return more;
}

/* Removes the link if no layer and no draft uses it. Looks into staging/ first and into HOME
 * (link_drop_stale) second: a draft that becomes a layer meanwhile moves from staging/ to HOME, so
 * one of the two looks finds it. A draft that begins later has another link. */
static int collect_link(const struct collector *collector, const char *link)
{
	if (leads_to_layer(collector->store, link))
		return 0;
	int r = is_of_draft(collector->store, link);
	if (r != 0)
		return r < 0 ? r : 0;
	r = link_drop_stale(collector->store, link);
	return r == 1 ? tell(collector, "link", link) : r;
}

static int collect_links(const struct collector *collector)
{
	struct dirent **entries;
	int r = 0, n = scandirat(collector->store->home, "l", &entries, NULL, alphasort);

	if (n < 0)
		return -errno;
	for (int i = 0; i < n; i++) {
		if (r == 0 && short_valid(entries[i]->d_name))
			r = collect_link(collector, entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	return r;
}

/* ---- layers ---- */

/* Tells whether no layer, image, mount or hold needs the layer: 1, 0, or a negative errno if that
 * cannot be read. */
static int is_garbage(struct shale_store *store, const char *id, struct shale_error *err)
{
	auto_layer struct layer layer = LAYER_NONE;
	int r = layer_open(store, id, &layer, err);

	if (r < 0 || layer.rw ||
		(strcmp(layer_field(&layer, "origin"), "image") != 0 && !adopted_from(&layer)))
		return r;
	r = dependents_no_child(store, &layer, err);
	if (r == 0)
		r = dependents_no_image(store, &layer, err);
	if (r == 0)
		r = hold_must_be_none(&layer, NULL, err);
	if (r == 0)
		r = layer_users(store, id, NULL, err);
	return r > 0 ? 0 : r < 0 ? r : 1;
}

/* Tells whether gc goes on after CODE: the layer is needed, gone or replaced; or it is damaged,
 * which 'check' reports. */
static bool may_stay(int code)
{
	return code == -EBUSY || code == -ENOENT || code == -ESTALE || code == -EINVAL;
}

/* Removes each layer that nothing needs, and counts them in RET_REMOVED. If FN returns non-zero,
 * returns that at once. */
static int collect_layers_once(const struct collector *collector, size_t *ret_removed)
{
	auto_ids struct ids ids = { 0 };
	int r = layer_ids_read(collector->store, &ids, collector->err);

	*ret_removed = 0;
	for (size_t i = 0; r == 0 && i < ids.n; i++) {
		struct shale_error err = { 0 };
		r = progress_step(collector->progress);
		if (r < 0)
			return r;
		int garbage = is_garbage(collector->store, ids.ids[i], &err);
		int removed = garbage > 0
				      ? shale_layer_remove(collector->store, ids.ids[i], NULL, &err)
				      : garbage;
		if (removed < 0 && !may_stay(removed) && collector->err)
			*collector->err = err;
		if (removed < 0 && !may_stay(removed))
			return removed;
		if (garbage <= 0 || removed < 0)
			continue;
		++*ret_removed;
		r = tell(collector, "layer", ids.ids[i]);
	}
	return r;
}

static int collect_layers(const struct collector *collector)
{
	size_t removed;
	int r;
	/* Imports hold this lock, because gc must keep the layers of an image that has no name
	 * yet. */
	auto_close int lock = lock_take(collector->store->images, ".lock", LOCK_EX);

	if (lock < 0)
		return lock;
	do
		r = collect_layers_once(collector, &removed);
	while (r == 0 && removed > 0);
	return r;
}

static int collect(const struct collector *collector, bool layers)
{
	struct shale_store *store = collector->store;
	int r = staging_sweep(store, true, collector->fn, collector->arg);

	if (r == 0 && layers)
		r = collect_layers(collector);
	if (r == 0)
		r = remains_sweep_all(store, collector->fn, collector->arg, collector->err);
	if (r == 0)
		r = trash_sweep(store, true, collector->fn, collector->arg);
	return r == 0 ? collect_links(collector) : r;
}

int shale_store_gc(struct shale_store *store, const struct shale_gc_options *options,
	shale_pair_fn *fn, void *arg, struct shale_error *err)
{
	struct shale_gc_options mine;
	int r = foreign_refuse(store, err);

	if (r == 0)
		r = option_struct_take(&mine, sizeof(mine), options, "gc", err);
	if (r == 0)
		r = option_flags_check(mine.flags, SHALE_GC_LAYERS, "gc", err);
	if (r < 0)
		return r;
	struct progress progress = { .fn = mine.progress, .arg = mine.progress_arg };
	const struct collector collector = { store, fn, arg, &progress, err };
	r = progress_start(&progress, "layers", 0);
	if (r == 0)
		r = collect(&collector, mine.flags & SHALE_GC_LAYERS);
	return r < 0 ? error_fail(err, r, "collect garbage in '%s'", store->home_path) : r;
}
