/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/base/option_struct.h"
#include "common/store/hold.h"
#include "common/store/layer.h"
#include "common/store/log.h"
#include "common/store/files/lock.h"
#include "common/store/dependents.h"
#include "common/store/store_struct.h"
#include "common/store/remains.h"
#include "common/store/trash.h"
#include "common/store/layer_lock.h"
#include "common/store/foreign/foreign.h"
#include "common/store/mount/lease.h"
#include "common/store/mount/live_refs.h"
#include "common/store/id.h"

#include <fcntl.h>
#include <sys/file.h>

static int remove_locked(const struct shale_store *store, const char *id, const char *hold,
	char ret_trash[SHORT_LEN + 1], struct shale_error *err)
{
	auto_layer struct layer layer = LAYER_NONE;
	int r = layer_open(store, id, &layer, err);

	if (r == 0)
		r = refs_must_be_idle(store, id, err);
	if (r == 0)
		r = dependents_no_child(store, &layer, err);
	if (r == 0)
		r = dependents_no_image(store, &layer, err);
	if (r == 0)
		r = hold_must_be_none(&layer, hold, err);
	if (r < 0)
		return r;
	r = remains_make(store, id, ret_trash);
	if (r < 0)
		return error_fail(err, r, "move layer '%s' to the trash", id);
	/* Keep the lock until the layer is deleted in place: nobody may make a new layer of this
	 * name meanwhile. */
	if (!ret_trash[0])
		(void)remains_delete(store, id);
	layer_lock_forget(store, id);
	return 0;
}

int shale_layer_remove(struct shale_store *store, const char *id,
	const struct shale_remove_options *options, struct shale_error *err)
{
	struct shale_remove_options mine;
	char trash[SHORT_LEN + 1];
	int r = foreign_refuse(store, err);

	if (r == 0)
		r = option_struct_take(&mine, sizeof(mine), options, "remove", err);
	if (r == 0)
		r = id_check(id, err);
	if (r < 0)
		return r;
	leases_sweep(store, NULL, NULL, NULL);
	int there = layer_is_there(store, id);
	if (there < 0)
		return error_fail(err, there, "look for layer '%s'", id);
	if (there == 0) {
		error_fail_plain(err, -ENOENT, "layer '%s': no such layer", id);
		return error_remedy(
			err, -ENOENT, "'shale ls' lists the layers of '%s'", store->home_path);
	}
	/* Hold this lock, or another process would take the layer in the trash for a leftover and
	 * delete it at the same time. */
	auto_close int trash_lock = lock_take(store->trash, ".lock", LOCK_SH);
	if (trash_lock < 0)
		return error_fail(err, trash_lock, "lock '%s/trash'", store->home_path);
	auto_close int lock = layer_lock(store, id, err);
	if (lock < 0)
		return lock;
	r = remove_locked(store, id, mine.hold, trash, err);
	if (r < 0)
		return r;
	close(steal_fd(&lock));
	store_log(store, LOG_INFO, "layer '%s' is removed", id);
	/* The layer is removed already. Ignore files that cannot be deleted: a later sweep deletes
	 * them. */
	if (trash[0])
		trash_delete(store, trash);
	return 0;
}

int shale_layer_exists(struct shale_store *store, const char *id, struct shale_error *err)
{
	int r = id_check(id, err);

	if (r < 0)
		return r;
	r = layer_is_there(store, id);
	return r < 0 ? error_fail(err, r, "layer '%s'", id) : r;
}
