/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Replaces the content of a layer by a draft's. */
#include "common/store/draft.h"

#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/store/dependents.h"
#include "common/store/files/jsonfile.h"
#include "common/store/files/smallfile.h"
#include "common/store/foreign/adopted.h"
#include "common/store/foreign/foreign.h"
#include "common/store/hold.h"
#include "common/store/layer_lock.h"
#include "common/store/mount/live_refs.h"
#include "common/store/original_stream.h"
#include "common/store/store_struct.h"
#include "common/store/replace_file.h"
#include "common/store/sums/sums.h"

static int move_file(const struct draft *draft, const struct layer *layer, const char *name)
{
	int r = sys(renameat(draft->dir, name, layer->dir, name));

	return r == -ENOENT ? 0 : r;
}

/* Moves the new diff/ into the layer. Where two directories cannot be exchanged in one step,
 * rename() can still replace an empty diff/. */
static int move_diff(const struct shale_store *store, const struct draft *draft,
	const struct layer *layer, struct shale_error *err)
{
	int r = sys(renameat(draft->dir, "diff", layer->dir, "diff"));

	if (r == -ENOTEMPTY || r == -EEXIST) {
		error_fail_plain(err, -EOPNOTSUPP,
			"the filesystem of '%s' cannot exchange two directories", store->home_path);
		return error_remedy(err, -EOPNOTSUPP, "remove the layer and create it again");
	}
	if (r == 0)
		r = move_file(draft, layer, SUMS_FILE);
	if (r == 0)
		r = move_file(draft, layer, ORIGINAL_STREAM_FILE);
	if (r == 0)
		r = sys(fsync(layer->dir));
	return r < 0 ? error_fail(err, r, "replace the content of layer '%s'", layer->id) : 0;
}

/* Moves the draft's files into a layer whose diff/ is empty. In between the layer has no digests,
 * until the new record is written. */
static int replace_empty_diff(const struct shale_store *store, struct draft *draft,
	const struct layer *layer, struct shale_error *err)
{
	int r = sums_disclaim(store, layer, err);

	if (r == 0)
		r = move_diff(store, draft, layer, err);
	if (r == -EOPNOTSUPP) /* the directories could not be exchanged: the old diff/ is still in
				 place */
		json_replace(store, layer->dir, "layer.json", layer->record, NULL);
	if (r < 0)
		return r;
	return json_replace(store, layer->dir, "layer.json", draft->record, err);
}

/* Returns 0 if LAYER may be replaced. The caller holds the layer's lock. */
static int must_be_replaceable(const struct shale_store *store, const struct layer *layer,
	const char *hold, struct shale_error *err)
{
	int r = layer_still_there(store, layer, err);

	if (r < 0)
		return r;
	if (adopted_from(layer))
		return error_fail_plain(err, -EROFS, "layer '%s' belongs to another engine: '%s'",
			layer->id, adopted_from(layer));
	r = smallfile_exists(layer->dir, "committed");
	if (r < 0)
		return error_fail(err, r, "layer '%s'", layer->id);
	if (r) {
		error_fail_plain(err, -EBUSY,
			"layer '%s' is immutable: layers were made on top of it", layer->id);
		return error_remedy(err, -EBUSY, "apply to a new layer: shale create ID");
	}
	r = dependents_no_image(store, layer, err);
	if (r == 0)
		r = hold_must_be_none_now(layer, hold, err);
	return r < 0 ? r : refs_must_be_idle(store, layer->id, err);
}

int draft_may_replace(const struct shale_store *store, const struct layer *layer, const char *hold,
	struct shale_error *err)
{
	int refused = foreign_refuse(store, err);

	if (refused < 0)
		return refused;
	auto_close int lock = layer_lock(store, layer->id, err);

	return lock < 0 ? lock : must_be_replaceable(store, layer, hold, err);
}

int draft_replace(const struct shale_store *store, struct draft *draft, const struct layer *layer,
	struct shale_error *err)
{
	int r = draft_write(store, draft, err);

	if (r < 0)
		return r;
	auto_close int lock = layer_lock(store, layer->id, err);
	if (lock < 0)
		return lock;
	r = must_be_replaceable(store, layer, draft->hold, err);
	if (r < 0)
		return r;
	r = sys(renameat2(draft->staging.dir, "layer", store->home, layer->id, RENAME_EXCHANGE));
	if (r == -EINVAL || r == -ENOSYS || r == -EPERM)
		return replace_empty_diff(store, draft, layer, err);
	if (r == 0)
		r = sys(fsync(store->home));
	return r < 0 ? error_fail(err, r, "replace the content of layer '%s'", layer->id) : 0;
}
