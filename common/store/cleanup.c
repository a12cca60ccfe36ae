/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/base/option_struct.h"
#include "common/base/readdir.h"
#include "common/store/layer.h"
#include "common/store/layer_ids.h"
#include "common/store/mount/lease.h"
#include "common/store/mount/liveness.h"
#include "common/store/mount/layer_mount.h"
#include "common/store/store_struct.h"
#include "common/store/remains.h"
#include "common/store/files/smallfile.h"
#include "common/store/staging.h"
#include "common/store/trash.h"
#include "common/store/layer_lock.h"
#include "common/store/foreign/foreign.h"
#include "common/store/mount/live_refs.h"
#include "common/store/id.h"

#include <fcntl.h>
#include <string.h>

struct cleaner {
	struct shale_store *store;
	shale_pair_fn *fn;
	void *arg;
	struct shale_error *err;
};

static int tell(const struct cleaner *cleaner, const char *what, const char *name)
{
	return cleaner->fn ? cleaner->fn(what, name, cleaner->arg) : 0;
}

/* Unmounts a mount that no process uses; leaves a busy one. */
static int unmount_idle(const struct cleaner *cleaner, const char *id, struct refs *refs)
{
	int r = 0;

	for (size_t i = refs->n_mounts; r == 0 && i-- > 0;) {
		auto_free char *dir = strdup(refs->mounts[i].dir);

		if (!dir)
			return -ENOMEM;
		if ((refs->target && !strcmp(refs->target, dir)) || liveness_is_hung(refs, dir))
			continue;
		struct mounted mounted = refs_mounted(cleaner->store, id, refs, dir);
		r = mount_end_at(&mounted, refs->mounts[i].how, cleaner->err);
		if (r >= 0) {
			refs_drop_mount(refs, i);
			r = tell(cleaner, "umount", dir);
		} else if (r == -EBUSY) {
			r = 0;
		}
	}
	auto_free char *target = refs->target ? strdup(refs->target) : NULL;
	if (!target || r != 0)
		return r;
	r = mount_end(cleaner->store, id, refs, cleaner->err);
	if (r < 0)
		return r == -EBUSY || r == -ETIMEDOUT ? 0 : r;
	int i = refs_find_mount(refs, target);
	if (i >= 0)
		refs_drop_mount(refs, (size_t)i);
	refs_forget_gets(refs);
	return tell(cleaner, "umount", target);
}

static int clean_layer(const struct cleaner *cleaner, const char *id)
{
	auto_refs struct refs refs = { 0 };
	auto_close int lock = layer_lock(cleaner->store, id, cleaner->err);
	int counted = lock < 0 ? lock : smallfile_exists(cleaner->store->refs, id);
	int r = counted < 0 ? counted : refs_load(cleaner->store, id, &refs, cleaner->err);

	if (r < 0 || refs.elsewhere)
		return r;
	if (counted && !refs.target && !refs.n_mounts) {
		r = tell(cleaner, "refs", id);
		refs_forget_gets(&refs);
	} else {
		r = unmount_idle(cleaner, id, &refs);
	}
	int saved = refs_save(cleaner->store, id, &refs, r == 0 ? cleaner->err : NULL);
	return r != 0 ? r : saved;
}

/* Drops references to layers that do not exist any more. */
static int clean_refs(const struct cleaner *cleaner)
{
	auto_closedir DIR *dir = dir_list(cleaner->store->run, "refs");
	struct dirent *entry;
	int more, r = dir ? 0 : -errno;

	while (r == 0 && (more = dir_next(dir, &entry)) != 0)
		if (more < 0)
			r = more;
		else if (id_is_valid(entry->d_name) &&
			 layer_is_there(cleaner->store, entry->d_name) == 0)
			r = clean_layer(cleaner, entry->d_name);
	return r;
}

static int clean(const struct cleaner *cleaner, bool all)
{
	struct shale_store *store = cleaner->store;
	auto_ids struct ids ids = { 0 };
	int r = leases_sweep(store, cleaner->fn, cleaner->arg, cleaner->err);

	if (r != 0 || !all)
		return r;
	r = layer_ids_read(store, &ids, cleaner->err);

	for (size_t i = 0; r == 0 && i < ids.n; i++)
		r = clean_layer(cleaner, ids.ids[i]);
	if (r == 0)
		r = clean_refs(cleaner);
	if (r == 0)
		r = staging_sweep(store, true, cleaner->fn, cleaner->arg);
	if (r == 0)
		r = remains_sweep_all(store, cleaner->fn, cleaner->arg, cleaner->err);
	return r == 0 ? trash_sweep(store, true, cleaner->fn, cleaner->arg) : r;
}

int shale_store_cleanup(struct shale_store *store, const struct shale_cleanup_options *options,
	shale_pair_fn *fn, void *arg, struct shale_error *err)
{
	struct shale_cleanup_options mine;
	const struct cleaner cleaner = { store, fn, arg, err };
	int r = foreign_refuse(store, err);

	if (r == 0)
		r = option_struct_take(&mine, sizeof(mine), options, "cleanup", err);
	if (r == 0)
		r = option_flags_check(mine.flags, SHALE_CLEANUP_LEASES, "cleanup", err);
	if (r < 0)
		return r;
	r = clean(&cleaner, !(mine.flags & SHALE_CLEANUP_LEASES));
	return r < 0 ? error_fail(err, r, "clean up '%s'", store->home_path) : r;
}
