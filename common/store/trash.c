/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/store/trash.h"

#include "common/base/scope.h"
#include "common/overlay/rename_flags.h"
#include "common/base/readdir.h"
#include "common/store/link.h"
#include "common/store/files/lock.h"
#include "common/store/store_struct.h"
#include "common/store/files/tree.h"

#include <fcntl.h>
#include <sys/file.h>

int trash_move(
	const struct shale_store *store, int dirfd, const char *name, char ret[SHORT_LEN + 1])
{
	int r = short_make(ret);

	if (r == 0)
		r = sys(renameat(dirfd, name, store->trash, ret));
	if (r < 0)
		return r;
	/* Sync the directory: otherwise a power cut could undo the rename, but not the deletions
	 * after it. */
	r = sys(fsync(dirfd));
	if (r == 0)
		r = sys(fsync(store->trash));
	/* After a failure move the layer back: the command reports an error, so the layer must
	 * still be there. */
	if (r < 0)
		(void)rename_noreplace(store->trash, ret, dirfd, name, 0);
	return r;
}

static int delete_one(const struct shale_store *store, const char *name)
{
	auto_close int dir = sys(
		openat(store->trash, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));

	/* Remove the link first: only the layer's own files tell its name. */
	int r = dir >= 0 ? link_drop(store, dir) : dir;

	if (r < 0 && r != -ENOTDIR && r != -ENOENT && r != -ELOOP)
		return r;
	return tree_remove(store->trash, name, store->trash);
}

int trash_delete(const struct shale_store *store, const char *name)
{
	auto_close int lock = lock_take(store->trash, ".lock", LOCK_SH);

	return lock < 0 ? lock : delete_one(store, name);
}

/* Deletes the entries of the trash, and counts them. A very deep tree leaves new entries, for
 * the next round. */
static int sweep_once(const struct shale_store *store, shale_pair_fn *fn, void *arg)
{
	auto_closedir DIR *dir = dir_list(store->home, "trash");
	struct dirent *entry;
	int more, deleted = 0, first = 0;

	if (!dir)
		return -errno;
	while ((more = dir_next(dir, &entry)) > 0) {
		if (entry->d_name[0] == '.')
			continue;
		int r = delete_one(store, entry->d_name);
		if (r == 0 && fn)
			r = fn("trash", entry->d_name, arg);
		if (r < 0 && first == 0)
			first = r;
		deleted += r == 0;
	}
	first = first < 0 ? first : more;
	return first < 0 ? first : deleted;
}

int trash_sweep(const struct shale_store *store, bool wait, shale_pair_fn *fn, void *arg)
{
	auto_close int lock = lock_take(store->trash, ".lock", LOCK_EX | (wait ? 0 : LOCK_NB));
	int r;

	if (lock < 0)
		return lock == -EWOULDBLOCK ? 0 : lock;
	do
		r = sweep_once(store, fn, arg);
	while (r > 0);
	return r;
}
