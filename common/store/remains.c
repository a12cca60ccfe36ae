/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/store/remains.h"

#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/base/readdir.h"
#include "common/store/layer.h"
#include "common/store/link.h"
#include "common/store/files/lock.h"
#include "common/store/store_struct.h"
#include "common/store/files/smallfile.h"
#include "common/store/trash.h"
#include "common/store/files/tree.h"
#include "common/store/layer_lock.h"

#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

/* ---- making and deleting remains ---- */

static int open_layer_dir(const struct shale_store *store, const char *id)
{
	return sys(openat(store->home, id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

static int remove_in_place(const struct shale_store *store, const char *id)
{
	auto_close int dir = open_layer_dir(store, id);

	if (dir < 0)
		return dir;
	remains_mark(store, id);
	int r = sys(unlinkat(dir, "layer.json", 0));
	if (r < 0 && r != -ENOENT) {
		remains_unmark(store, id);
		return r;
	}
	/* After this function the removal is reported as done: a power cut must not bring the layer
	 * back. */
	(void)fsync(dir);
	return 0;
}

int remains_make(const struct shale_store *store, const char *id, char ret[SHORT_LEN + 1])
{
	int r = trash_move(store, store->home, id, ret);

	if (r != -ENOSPC && r != -EDQUOT)
		return r;
	ret[0] = 0;
	return remove_in_place(store, id);
}

/* Removes the symbolic link HOME/l/SHORT of the layer, then the file ID/link, because only that
 * file tells SHORT. Call it before the layer's files are removed. */
static int drop_link(const struct shale_store *store, const char *id)
{
	char name[SHORT_LEN + 1], leads_to[ID_MAX + 1];
	auto_close int dir = open_layer_dir(store, id);

	if (dir < 0)
		return dir == -ENOENT ? 0 : dir;
	int r = link_of(dir, name);
	if (r == 0)
		r = link_read(store, name, leads_to);
	if (r == 0 && !strcmp(leads_to, id))
		r = sys(unlinkat(store->links, name, 0));
	if (r < 0 && r != -ENOENT && r != -EINVAL)
		return r;
	r = sys(unlinkat(dir, "link", 0));
	return r == -ENOENT ? 0 : r;
}

int remains_delete(const struct shale_store *store, const char *id)
{
	int r = drop_link(store, id);

	if (r == 0)
		r = tree_remove(store->home, id, store->trash);
	if (r == 0)
		r = sys(fsync(store->home));
	if (r == 0)
		remains_unmark(store, id);
	return r;
}

int remains_clear(const struct shale_store *store, const char *id, struct shale_error *err)
{
	int r = remains_at(store, id);

	if (r > 0) {
		auto_close int lock = layer_lock(store, id, err);

		if (lock < 0)
			return lock;
		r = remains_at(store, id);
		if (r > 0)
			r = remains_delete(store, id);
	}
	return r < 0 ? error_fail(err, r, "remove what is left of layer '%s'", id) : 0;
}

/* ---- sweeping ---- */

/* Deletes one layer with a mark. Looks at the layer itself first: the process that made the mark
 * may have been killed before it removed anything. */
static void sweep_one(const struct shale_store *store, const char *id)
{
	auto_close int lock = lock_take(store->locks, id, LOCK_EX | LOCK_NB);

	if (lock < 0)
		return;
	int r = remains_at(store, id);
	if (r == 0)
		remains_unmark(store, id);
	if (r > 0 && remains_delete(store, id) == 0)
		layer_lock_forget(store, id);
}

void remains_sweep(const struct shale_store *store)
{
	auto_closedir DIR *dir = dir_list(store->run, REMAINS_MARKS);
	struct dirent *entry;

	if (!dir)
		return;
	while (dir_next(dir, &entry) > 0)
		if (id_is_valid(entry->d_name))
			sweep_one(store, entry->d_name);
}

struct sweeper {
	const struct shale_store *store;
	shale_pair_fn *fn;
	void *arg;
	struct shale_error *err;
};

static int clear(const char *id, void *arg)
{
	const struct sweeper *sweeper = arg;

	if (remains_at(sweeper->store, id) <= 0)
		return 0;
	int r = remains_clear(sweeper->store, id, sweeper->err);
	return r == 0 && sweeper->fn ? sweeper->fn("trash", id, sweeper->arg) : r;
}

int remains_sweep_all(
	const struct shale_store *store, shale_pair_fn *fn, void *arg, struct shale_error *err)
{
	struct sweeper sweeper = { store, fn, arg, err };

	return layer_each(store, clear, &sweeper);
}
