/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Makes a snapshot of a writable layer, in the cheapest way that its mount allows. */
#include "common/base/error.h"
#include "common/base/readdir.h"
#include "common/base/option_struct.h"
#include "common/base/scope.h"
#include "common/store/foreign/foreign.h"
#include "common/store/id.h"
#include "common/store/layer.h"
#include "common/store/layer_lock.h"
#include "common/store/log.h"
#include "common/store/mount/driver.h"
#include "common/store/mount/layer_mount.h"
#include "common/store/mount/lease.h"
#include "common/store/store_struct.h"
#include "common/store/remains.h"
#include "common/store/snapshot_copy.h"
#include "common/store/snapshot_switch.h"

#include <string.h>

static int must_be_writable(const struct layer *layer, struct shale_error *err)
{
	if (layer_is_immutable(layer)) {
		error_fail_plain(err, -EINVAL, "layer '%s' is immutable already", layer->id);
		return error_remedy(err, -EINVAL,
			"make a writable layer on top of it: shale fork %s NEW", layer->id);
	}
	if (layer->n_lowers + 1 <= LOWERS_MAX)
		return 0;
	error_fail_plain(err, -E2BIG, "layer '%s': no more than %d layers can be stacked",
		layer->id, LOWERS_MAX);
	return error_remedy(
		err, -E2BIG, "unmount it, and merge its layers: shale flatten %s", layer->id);
}

/* Tells whether, after the error CODE, a copy can still make the snapshot. */
static bool needs_copy(int code)
{
	return code == -EOPNOTSUPP || code == -EMLINK;
}

/* Has the daemon of the layer's mount make the snapshot. Flushes the mount first, since the kernel
 * may hold data that were written to a mapped file. */
static int switch_mounted(struct shale_store *store, struct layer *layer, const struct refs *refs,
	const char *new_id, const struct layer_extra *extra, struct shale_snapshot_result *result,
	struct shale_error *err)
{
	struct switch_mount mount = { .ops = driver_named(refs->backend), .target = refs->target };

	if (!refs->target || refs->dead || !refs->writable || !mount.ops || !mount.ops->snapshot)
		return -EOPNOTSUPP;
	int r = mount_flush(store, layer->id, err);
	if (r < 0)
		return r;
	r = snapshot_switch(store, layer, new_id, &mount, extra, err);
	result->how = SHALE_SNAPSHOT_SWITCHED;
	result->pause = mount.pause;
	return r;
}

/* Makes a snapshot without a copy. If the layer is in use, or its filesystem or mount cannot do
 * that, returns an error for which needs_copy is true. */
static int try_switch(struct shale_store *store, const char *id, const char *new_id,
	struct shale_snapshot_result *result, struct shale_error *err)
{
	auto_layer struct layer layer = LAYER_NONE;
	auto_refs struct refs refs = { 0 };
	auto_close int lock = layer_lock(store, id, err);
	int r = lock < 0 ? lock : layer_open(store, id, &layer, err);

	if (r == 0)
		r = must_be_writable(&layer, err);
	/* Taking the lock may have finished an earlier snapshot of this name. */
	if (r == 0)
		r = layer_must_be_absent(store, new_id, err);
	if (r == 0)
		r = mount_refs(store, id, &refs, err);
	if (r < 0)
		return r;
	if (refs.target || refs_count(&refs) > 0)
		return switch_mounted(store, &layer, &refs, new_id, NULL, result, err);
	result->how = SHALE_SNAPSHOT_MOVED;
	return snapshot_switch(store, &layer, new_id, NULL, NULL, err);
}

static int snapshot(struct shale_store *store, const char *id, const char *new_id,
	const struct shale_snapshot_options *options, struct shale_snapshot_result *result,
	struct shale_error *err)
{
	struct shale_error why = { 0 };
	uint64_t begin = snapshot_clock();
	int r = try_switch(store, id, new_id, result, &why);

	if (r < 0 && !needs_copy(r) && err)
		*err = why;
	if (needs_copy(r) && why.text[0])
		store_log(store, LOG_NOTICE, "%s: the files are copied", why.text);
	if (needs_copy(r))
		r = snapshot_copy(store, id, new_id, options, result, err);
	result->time = snapshot_clock() - begin;
	return r;
}

/* Tells whether somebody may write to the layer now. */
static bool may_change(const struct refs *refs)
{
	return refs->detached || (refs->target && refs->writable && !refs->dead);
}

bool store_is_used(struct shale_store *store, const char *id)
{
	auto_refs struct refs refs = { 0 };

	return id_is_valid(id) && foreign_refuse(store, NULL) == 0 &&
	       refs_read(store, id, &refs, NULL) == 0 && may_change(&refs);
}

bool store_upper_is_empty(const struct shale_store *store, const char *id)
{
	auto_close int layer = sys(
		openat(store->home, id, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
	auto_closedir DIR *dir = layer < 0 ? NULL : dir_list(layer, "diff");
	struct dirent *entry;
	int r;

	if (!dir)
		return false;
	while ((r = dir_next(dir, &entry)) > 0)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			return false;
	return r == 0;
}

/* Says why the layer that may change is not frozen. Returns -EOPNOTSUPP if the caller can go on
 * with it as it is, else CODE. */
static int not_frozen(const char *id, int code, struct shale_error *err)
{
	bool is_obstacle = code == -E2BIG || code == -EBUSY || code == -EROFS || code == -EACCES;

	if (!is_obstacle && !needs_copy(code))
		return code;
	if (code == -EOPNOTSUPP && err && !err->text[0])
		error_fail_plain(err, code, "layer '%s': its mount cannot be frozen", id);
	return -EOPNOTSUPP;
}

int store_freeze_used(struct shale_store *store, const char *id, const char *new_id,
	const struct layer_extra *extra, struct shale_error *err)
{
	auto_layer struct layer layer = LAYER_NONE;
	auto_refs struct refs refs = { 0 };
	struct shale_snapshot_result result;
	int r = id_check(new_id, err);

	if (r < 0 || !store_is_used(store, id))
		return r;
	/* A caller that only reads goes on without a lock if RUN or HOME takes none. */
	r = remains_clear(store, new_id, err);
	if (r < 0)
		return not_frozen(id, r, err);
	auto_close int lock = layer_lock(store, id, err);
	r = lock < 0 ? lock : layer_open(store, id, &layer, err);
	if (r == 0)
		r = mount_refs(store, id, &refs, err);
	if (r == 0 && (layer_is_immutable(&layer) || !may_change(&refs)))
		return 0;
	if (r == 0)
		r = must_be_writable(&layer, err);
	if (r == 0)
		r = layer_must_be_absent(store, new_id, err);
	if (r == 0)
		r = switch_mounted(store, &layer, &refs, new_id, extra, &result, err);
	return r < 0 ? not_frozen(id, r, err) : 1;
}

int shale_layer_snapshot(struct shale_store *store, const char *id, const char *new_id,
	const struct shale_snapshot_options *options, struct shale_snapshot_result **ret,
	struct shale_error *err)
{
	struct shale_snapshot_options mine;
	auto_free struct shale_snapshot_result *result = calloc(1, sizeof(*result));
	int r = result ? 0 : error_fail(err, -ENOMEM, "snapshot");

	if (r == 0)
		r = option_struct_take(&mine, sizeof(mine), options, "snapshot", err);
	if (r == 0)
		r = foreign_refuse(store, err);
	if (r == 0)
		r = id_check(id, err);
	if (r == 0)
		r = id_check(new_id, err);
	if (r < 0)
		return r;
	leases_sweep(store, NULL, NULL, NULL);
	r = remains_clear(store, new_id, err);
	if (r == 0)
		r = layer_must_be_absent(store, new_id, err);
	if (r == 0)
		r = snapshot(store, id, new_id, &mine, result, err);
	if (r == 0 && ret)
		*ret = steal_ptr(&result);
	return r;
}

void store_warn_used(const struct shale_store *store, const char *act, const char *id,
	const struct shale_error *why)
{
	store_log(store, LOG_WARNING,
		"%s: layer '%s' is in use and could not be frozen (%s): a file that was written "
		"to meanwhile may be in the middle of a change. Stop its users first, or see the "
		"command snapshot",
		act, id, why->text);
}
