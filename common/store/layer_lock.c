/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/store/layer_lock.h"

#include "common/base/error.h"
#include "common/base/scope.h"
#include "common/store/files/lock.h"
#include "common/store/store_struct.h"
#include "common/store/rundir.h"
#include "common/store/switch_finish.h"

#include <sys/file.h>

int layer_lock(const struct shale_store *store, const char *id, struct shale_error *err)
{
	int needed = rundir_needed(store, err);

	if (needed < 0)
		return needed;
	auto_close int fd = lock_take(store->locks, id, LOCK_EX);
	if (fd < 0)
		return error_fail(err, fd, "lock layer '%s' in '%s'", id, store->run_path);
	int r = switch_finish(store, id, NULL, err);
	return r < 0 ? r : steal_fd(&fd);
}

int layer_lock_places(const struct shale_store *store, int operation, struct shale_error *err)
{
	/* The name cannot be that of a layer's lock, because no layer's id begins with a dot. */
	int fd = lock_take(store->locks, ".places", operation);

	return fd < 0 ? error_fail(err, fd, "lock '%s/locks/.places'", store->run_path) : fd;
}

void layer_lock_forget(const struct shale_store *store, const char *id)
{
	unlinkat(store->locks, id, 0);
}
