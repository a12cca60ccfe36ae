/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/store/staging.h"

#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/base/readdir.h"
#include "common/store/link.h"
#include "common/store/files/lock.h"
#include "common/store/store_struct.h"
#include "common/store/files/tree.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>

int staging_begin(const struct shale_store *store, struct staging *ret, struct shale_error *err)
{
	auto_staging struct staging staging = STAGING_NONE;
	auto_close int beginning = lock_take(store->staging, ".lock", LOCK_SH);

	if (beginning < 0)
		return error_fail(err, beginning, "lock '%s/staging'", store->home_path);
	int r = short_make(staging.name);
	if (r == 0)
		r = sys(mkdirat(store->staging, staging.name, 0700));
	if (r < 0)
		return error_fail(err, r, "make a directory in '%s/staging'", store->home_path);
	staging.store = store;
	staging.dir = sys(openat(
		store->staging, staging.name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
	if (staging.dir < 0) {
		unlinkat(store->staging, staging.name, AT_REMOVEDIR);
		return error_fail(
			err, staging.dir, "open a directory in '%s/staging'", store->home_path);
	}
	staging.lock = lock_take(staging.dir, "lock", LOCK_EX);
	if (staging.lock < 0)
		return error_fail(
			err, staging.lock, "lock a directory in '%s/staging'", store->home_path);
	*ret = staging;
	staging = STAGING_NONE;
	return 0;
}

static int drop_link_of_draft(const struct shale_store *store, int dir)
{
	auto_close int draft = sys(
		openat(dir, "layer", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));

	if (draft < 0)
		return draft == -ENOENT || draft == -ENOTDIR || draft == -ELOOP ? 0 : draft;
	return link_drop(store, draft);
}

void staging_end(struct staging *staging)
{
	if (staging->dir < 0)
		return;
	int saved = errno;
	/* If the link cannot be removed, keep the draft: only its files tell the link's name. The
	 * next sweep tries again. */
	if (drop_link_of_draft(staging->store, staging->dir) >= 0)
		tree_remove(staging->store->staging, staging->name, staging->store->trash);
	close(staging->dir);
	if (staging->lock >= 0)
		close(staging->lock);
	*staging = STAGING_NONE;
	errno = saved;
}

/* Unmounts the view (mount/view.h) that a killed process left in the directory NAME. */
static void unmount_view(const struct shale_store *store, const char *name)
{
	auto_free char *target = NULL;

	if (asprintf(&target, "%s/staging/%s/view", store->home_path, name) < 0)
		target = NULL;
	if (target)
		(void)umount2(target, MNT_DETACH | UMOUNT_NOFOLLOW);
}

/* Tries the lock of the directory NAME. If no process holds it, NAME is a leftover: removes it and
 * returns 1. Returns 0 if it is in use. */
static int sweep_one(const struct shale_store *store, const char *name)
{
	auto_close int dir = sys(
		openat(store->staging, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));

	if (dir == -ENOTDIR)
		return unlinkat(store->staging, name, 0) == 0;
	/* its maker has removed the directory */
	if (dir < 0)
		return dir == -ENOENT ? 0 : dir;
	auto_close int lock = lock_take(dir, "lock", LOCK_EX | LOCK_NB);
	/* -ENOSPC, -EDQUOT: there is no lock file, and no room to make one. So no process holds the
	 * lock, and NAME is a leftover. After any other error NAME counts as in use. */
	if (lock < 0 && lock != -ENOSPC && lock != -EDQUOT)
		return 0;
	int r = drop_link_of_draft(store, dir);
	if (r < 0)
		return r;
	unmount_view(store, name);
	/* Rename it into the trash first: to delete it here may take long, and processes that begin
	 * a draft wait for this lock. */
	r = sys(renameat(store->staging, name, store->trash, name));
	if (r == -ENOSPC || r == -EDQUOT)
		r = tree_remove(store->staging, name, store->trash);
	return r == -ENOENT ? 0 : r < 0 ? r : 1;
}

int staging_sweep(const struct shale_store *store, bool wait, shale_pair_fn *fn, void *arg)
{
	auto_closedir DIR *dir = dir_list(store->home, "staging");
	auto_close int lock = -1;
	struct dirent *entry;
	int more, first = 0;

	if (!dir)
		return -errno;
	while ((more = dir_next(dir, &entry)) > 0) {
		if (entry->d_name[0] == '.')
			continue;
		if (lock < 0)
			lock = lock_take(store->staging, ".lock", LOCK_EX | (wait ? 0 : LOCK_NB));
		if (lock < 0)
			return lock == -EWOULDBLOCK ? 0 : lock;
		int r = sweep_one(store, entry->d_name);
		if (r == 1 && fn)
			r = fn("staging", entry->d_name, arg);
		if (r < 0 && first == 0)
			first = r;
	}
	return first < 0 ? first : more;
}
