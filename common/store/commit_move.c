/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Makes an immutable layer of a writable one in its place, without a copy. If the layer keeps
 * its name, layer.json is replaced. Otherwise HOME/ID is renamed: before that, layer.json gets
 * the record for the new name as well (renamed_record.h), and layer_open() uses the record for the
 * name that it finds. */
#include "common/base/error.h"
#include "common/base/scope.h"
#include "common/store/foreign/adopted.h"
#include "common/store/renamed_record.h"
#include "common/store/hold.h"
#include "common/store/files/jsonfile.h"
#include "common/store/layer.h"
#include "common/store/link.h"
#include "common/store/dependents.h"
#include "common/store/store_struct.h"
#include "common/store/remains.h"
#include "common/store/store.h"
#include "common/store/layer_lock.h"
#include "common/store/replace_file.h"
#include "common/store/foreign/foreign.h"
#include "common/store/mount/live_refs.h"
#include "common/store/id.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

/* Layers, images and mounts refer to a layer by its id, so a used layer must keep its id. */
static int must_be_movable(const struct shale_store *store, const struct layer *layer, bool renames,
	const struct shale_commit_options *options, struct shale_error *err)
{
	if (!layer->rw) {
		error_fail_plain(err, -EINVAL, "layer '%s' is immutable already", layer->id);
		return error_remedy(err, -EINVAL, "make a writable layer: shale create --rw ID");
	}
	int r = refs_must_be_idle(store, layer->id, err);
	if (r == 0 && renames)
		r = dependents_no_child(store, layer, err);
	if (r == 0 && renames)
		r = dependents_no_image(store, layer, err);
	if (r == 0 && renames)
		r = hold_must_be_none(layer, options->hold, err);
	return r;
}

static json_t *moved_record(
	const struct layer *layer, const char *new_id, const struct shale_commit_options *options)
{
	auto_json json_t *record = renamed_record_make(layer, new_id);
	int r = record ? 0 : -ENOMEM;

	if (r == 0 && options->hold)
		r = hold_set(record, options->hold, options->hold_data ? options->hold_data : "");
	return r == 0 ? steal_ptr(&record) : NULL;
}

/* Renames the layer, and makes its link again under the new name. If this process is killed in
 * between, the next one that misses the link makes it. */
static int rename_layer(const struct shale_store *store, const struct layer *layer,
	const char *new_id, struct shale_error *err)
{
	int r = sys(unlinkat(store->links, layer->link, 0));

	if (r == 0 || r == -ENOENT)
		r = sys(renameat2(store->home, layer->id, store->home, new_id, RENAME_NOREPLACE));
	/* the new name is taken: a layer's directory is never empty */
	if (r == -EINVAL || r == -ENOSYS)
		r = sys(renameat(store->home, layer->id, store->home, new_id));
	if (r < 0)
		link_make(store, layer->link, layer->id);
	if (r == -EEXIST || r == -ENOTEMPTY || r == -ENOTDIR) {
		error_fail_plain(err, -EEXIST, "layer '%s': there is such a layer already", new_id);
		return error_remedy(err, -EEXIST, "choose another id");
	}
	if (r == 0)
		r = link_make(store, layer->link, new_id);
	if (r == 0)
		r = sys(fsync(store->links));
	if (r == 0)
		r = sys(fsync(store->home));
	return r < 0 ? error_fail(err, r, "rename layer '%s' to '%s'", layer->id, new_id) : 0;
}

static int freeze_and_rename(const struct shale_store *store, struct layer *layer,
	const char *new_id, json_t *frozen, struct shale_error *err)
{
	int r = renamed_record_prepare(layer->record, new_id, frozen);

	if (r < 0)
		return error_fail(err, r, "commit layer '%s'", layer->id);
	r = json_replace(store, layer->dir, "layer.json", layer->record, err);
	if (r == 0)
		r = rename_layer(store, layer, new_id, err);
	if (r == 0)
		layer_lock_forget(store, layer->id);
	return r;
}

/* Writes layer.json without the record for the new name, which has served its purpose. */
static void tidy_record(const struct shale_store *store, const char *id)
{
	auto_layer struct layer layer = LAYER_NONE;
	auto_close int lock = layer_lock(store, id, NULL);

	if (lock >= 0 && layer_open(store, id, &layer, NULL) == 0)
		json_replace(store, layer.dir, "layer.json", layer.record, NULL);
}

static int commit_move(struct shale_store *store, const char *id, const char *new_id,
	const struct shale_commit_options *options, struct shale_error *err)
{
	auto_layer struct layer layer = LAYER_NONE;
	bool renames = strcmp(id, new_id) != 0;
	auto_close int lock = layer_lock(store, id, err);
	int r = lock < 0 ? lock : layer_open(store, id, &layer, err);

	if (r == 0)
		r = must_be_movable(store, &layer, renames, options, err);
	if (r == 0 && syncfs(store->home) < 0)
		r = error_fail(err, -errno, "write layer '%s' to disk", id);
	if (r < 0)
		return r;
	auto_json json_t *frozen = moved_record(&layer, new_id, options);
	if (!frozen)
		return error_fail(err, -EINVAL, "commit layer '%s'", id);
	return renames ? freeze_and_rename(store, &layer, new_id, frozen, err)
		       : json_replace(store, layer.dir, "layer.json", frozen, err);
}

int store_move_layer(struct shale_store *store, const char *id, const char *new_id,
	const struct shale_commit_options *options, struct shale_error *err)
{
	int r = foreign_refuse(store, err);

	if (r == 0)
		r = id_check(id, err);
	if (r == 0)
		r = id_check(new_id, err);
	if (r == 0 && strcmp(id, new_id) != 0)
		r = remains_clear(store, new_id, err);
	if (r == 0)
		r = commit_move(store, id, new_id, options, err);
	if (r == 0 && strcmp(id, new_id) != 0)
		tidy_record(store, new_id);
	return r;
}
