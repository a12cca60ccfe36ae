/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The uses of a mount: shale_layer_get, shale_layer_put. */
#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/base/option_struct.h"
#include "common/store/foreign/adopted.h"
#include "common/store/layer.h"
#include "common/store/mount/layer_mount.h"
#include "common/store/mount/lease.h"
#include "common/store/store_struct.h"
#include "common/store/layer_lock.h"
#include "common/store/foreign/foreign.h"
#include "common/store/mount/live_refs.h"

#include <string.h>
#include <sys/file.h>

/* Adds MORE (1 or -1) to the number of gets. */
static int count_get(struct refs *refs, const struct shale_lease *lease, int more)
{
	if (lease)
		return refs_set_lease(
			refs, lease->name, refs_of_lease(refs, lease->name) + (unsigned int)more);
	refs->gets += (unsigned int)more;
	return 0;
}

static int get_mounted(struct shale_store *store, const char *id, const struct mount_wish *wish,
	char **ret_path, struct shale_error *err)
{
	auto_layer struct layer layer = LAYER_NONE;
	auto_refs struct refs refs = { 0 };
	auto_close int lock = layer_lock(store, id, err);
	int r = lock < 0 ? lock : layer_open(store, id, &layer, err);

	auto_close int places = r < 0 ? -1 : layer_lock_places(store, LOCK_SH, err);
	if (r == 0)
		r = places < 0 ? places : mount_refs(store, id, &refs, err);
	bool fresh = r == 0 && !refs.target;
	if (fresh)
		r = mount_merged(store, &layer, wish, &refs, err);
	else if (r == 0)
		r = mount_fits(&layer, &refs, &wish->owners, err);
	if (r < 0)
		return r;
	if (refs.uncounted && wish->owners.text) {
		refs.owners = strdup(wish->owners.text);
		if (!refs.owners)
			return error_fail(err, -ENOMEM, "get '%s'", id);
	}
	auto_free char *path = strdup(refs.target);
	r = path ? count_get(&refs, wish->lease, 1) : -ENOMEM;
	r = r == 0 ? refs_save(store, id, &refs, err) : error_fail(err, -ENOMEM, "get '%s'", id);
	if (r < 0) {
		if (fresh)
			mount_end(store, id, &refs, NULL);
		return r;
	}
	*ret_path = steal_ptr(&path);
	return 0;
}

static int get(struct shale_store *store, const char *id, const struct mount_wish *wish,
	char **ret_path, struct shale_error *err)
{
	int refused = foreign_refuse(store, err);

	if (refused < 0)
		return refused;
	auto_layer struct layer layer = LAYER_NONE;
	int r = layer_open(store, id, &layer, err);

	if (r < 0)
		return r;
	if (mount_is_needed(store, &layer) || wish->owners.text)
		return get_mounted(store, id, wish, ret_path, err);
	auto_close int root = adopted_open_root(&layer);
	if (root < 0) {
		error_remedy(err, root, "see 'shale check'");
		return error_fail(err, root, "get '%s'", id);
	}
	if (asprintf(ret_path, "%s/%s/diff", store->home_path, id) < 0)
		return error_fail(err, -ENOMEM, "get '%s'", id);
	return 0;
}

int shale_layer_get(struct shale_store *store, const char *id,
	const struct shale_mount_options *options, char **ret_path, struct shale_error *err)
{
	struct mount_wish wish = { .owners = OWNERS_NONE };
	int r = mount_wish_of(options, &wish, err);

	if (r == 0)
		leases_sweep(store, NULL, NULL, NULL);
	if (r == 0)
		r = get(store, id, &wish, ret_path, err);
	owners_free(&wish.owners);
	return r;
}

/* Drops one get from the count in RUN. The mount is in another mount namespace, or may be gone, so
 * this process cannot unmount it. */
static int give_up(
	const struct shale_store *store, const char *id, struct refs *refs, struct shale_error *err)
{
	if (refs->gets > 0)
		refs->gets--;
	if (refs_count(refs) == 0)
		free(steal_ptr(&refs->target));
	return refs_save(store, id, refs, err);
}

/* Tells whether a put has something to end. Without any user, it ends the mount itself: the process
 * of that get was killed after mounting, and before it wrote the record. */
static bool has_use(const struct refs *refs, const struct shale_lease *lease)
{
	if (lease)
		return refs_of_lease(refs, lease->name) > 0;
	return refs->gets > 0 || (refs->target && refs_count(refs) == 0);
}

static int put_mounted(struct shale_store *store, const struct layer *layer,
	const struct shale_put_options *options, struct shale_error *err)
{
	auto_refs struct refs refs = { 0 };
	const char *id = layer->id;
	const bool lazy = options->flags & SHALE_PUT_LAZY;
	auto_close int lock = layer_lock(store, id, err);
	int r = lock < 0 ? lock : refs_load(store, id, &refs, err);

	if (r < 0 || !has_use(&refs, options->lease))
		return r;
	if (refs.elsewhere)
		return lazy && refs.doubtful && !options->lease
			       ? give_up(store, id, &refs, err)
			       : refs_fail_elsewhere(&refs, id, err);
	if (refs_count(&refs) <= 1 && refs.target)
		r = lazy ? mount_detach(store, layer, &refs, err)
			 : mount_end(store, id, &refs, err);
	if (r < 0)
		return r;
	if (options->lease || refs.gets > 0)
		r = count_get(&refs, options->lease, -1);
	return r < 0 ? error_fail(err, r, "put '%s'", id) : refs_save(store, id, &refs, err);
}

int shale_layer_put(struct shale_store *store, const char *id,
	const struct shale_put_options *options, struct shale_error *err)
{
	struct shale_put_options mine;
	auto_layer struct layer layer = LAYER_NONE;
	int r = foreign_refuse(store, err);

	if (r == 0)
		r = option_struct_take(&mine, sizeof(mine), options, "put", err);
	if (r == 0)
		r = option_flags_check(mine.flags, SHALE_PUT_LAZY, "put", err);
	if (r == 0)
		r = layer_open(store, id, &layer, err);
	return r < 0 ? r : put_mounted(store, &layer, &mine, err);
}
