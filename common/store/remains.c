/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/store/remains.h"

#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/base/readdir.h"
#include "common/store/layer.h"
#include "common/store/link.h"
#include "common/store/kept_blob.h"
#include "common/store/files/lock.h"
#include "common/store/private.h"
#include "common/store/files/smallfile.h"
#include "common/store/trash.h"
#include "common/store/files/tree.h"

#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#define REMOVED "removed"

static int open_layer_dir(const struct shale_store *store, const char *id)
{
	return sys(openat(store->home, id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

/* ---- the mark in RUN ---- */

static void mark_path(const char *id, char ret[sizeof(REMOVED) + ID_MAX + 1])
{
	snprintf(ret, sizeof(REMOVED) + ID_MAX + 1, REMOVED "/%s", id);
}

/* RUN may be as full as HOME. Without the mark, a kill between the two first deletions leaves a
 * layer that only 'check' deals with. */
static void mark(const struct shale_store *store, const char *id)
{
	char path[sizeof(REMOVED) + ID_MAX + 1];

	mark_path(id, path);
	(void)mkdirat(store->run, REMOVED, 0700);
	(void)smallfile_create(store->run, path, "", 0600);
}

static bool is_marked(const struct shale_store *store, const char *id)
{
	char path[sizeof(REMOVED) + ID_MAX + 1];

	mark_path(id, path);
	return smallfile_exists(store->run, path) == 1;
}

static void unmark(const struct shale_store *store, const char *id)
{
	char path[sizeof(REMOVED) + ID_MAX + 1];

	mark_path(id, path);
	unlinkat(store->run, path, 0);
}

/* ---- what is recognised ---- */

/* Somebody else's directory is not to be deleted because it has no layer.json. */
static int holds_only_parts(int dirfd)
{
	static const char *const parts[] = { ".", "..", "diff", "lower", "work", "merged",
		"committed", "index", "sums", "stream", "image.json" };
	auto_close int fd = sys(openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	auto_closedir DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	bool known = true;
	int more = 0;

	if (!dir)
		return -errno;
	steal_fd(&fd);
	while (known && (more = dir_next(dir, &entry)) > 0) {
		known = kept_blob_is_name(entry->d_name);
		for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
			known |= !strcmp(entry->d_name, parts[i]);
	}
	return more < 0 ? more : known;
}

int remains_at(const struct shale_store *store, const char *id)
{
	struct stat st;
	char path[ID_MAX + sizeof("/layer.json")];

	if (store->engine != ENGINE_SHALE)
		return 0;
	snprintf(path, sizeof(path), "%s/layer.json", id);
	int r = sys(fstatat(store->home, path, &st, AT_SYMLINK_NOFOLLOW));
	if (r != -ENOENT)
		return r < 0 && r != -ENOTDIR ? r : 0;
	auto_close int dir = open_layer_dir(store, id);
	if (dir < 0)
		return dir == -ENOENT || dir == -ENOTDIR || dir == -ELOOP ? 0 : dir;
	return is_marked(store, id) ? 1 : holds_only_parts(dir);
}

/* ---- making and deleting them ---- */

static int remove_in_place(const struct shale_store *store, const char *id)
{
	auto_close int dir = open_layer_dir(store, id);

	if (dir < 0)
		return dir;
	mark(store, id);
	int r = sys(unlinkat(dir, "layer.json", 0));
	if (r < 0 && r != -ENOENT) {
		unmark(store, id);
		return r;
	}
	/* It is removed now, and is said to be. */
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

/* The link goes before the file that names it, or nobody would find it. */
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
		unmark(store, id);
	return r;
}

int remains_clear(const struct shale_store *store, const char *id, struct shale_error *err)
{
	int r = remains_at(store, id);

	if (r > 0) {
		auto_close int lock = lock_layer(store, id, err);

		if (lock < 0)
			return lock;
		r = remains_at(store, id);
		if (r > 0)
			r = remains_delete(store, id);
	}
	return r < 0 ? error_fail(err, r, "remove what is left of layer '%s'", id) : 0;
}

/* ---- sweeping ---- */

/* The mark of a process that was killed before it removed anything is no more than that. */
static void sweep_one(const struct shale_store *store, const char *id)
{
	auto_close int lock = lock_take(store->locks, id, LOCK_EX | LOCK_NB);

	if (lock < 0)
		return;
	int r = remains_at(store, id);
	if (r == 0)
		unmark(store, id);
	if (r > 0 && remains_delete(store, id) == 0)
		lock_layer_forget(store, id);
}

void remains_sweep(const struct shale_store *store)
{
	auto_close int fd = sys(openat(store->run, REMOVED, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	auto_closedir DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (!dir)
		return;
	steal_fd(&fd);
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
