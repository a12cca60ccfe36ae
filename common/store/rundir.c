/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/store/rundir.h"

#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/base/readdir.h"
#include "common/store/id.h"
#include "common/store/files/jsonfile.h"
#include "common/store/files/lock.h"
#include "common/store/paths.h"
#include "common/store/store_struct.h"
#include "common/store/files/smallfile.h"
#include "common/store/mount/live_refs.h"

#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

static bool is_default_home(const struct shale_store *store)
{
	auto_free char *path = NULL;
	struct stat at_default, home;

	return home_default(&path, NULL) == 0 && stat(path, &at_default) == 0 &&
	       fstat(store->home, &home) == 0 && home.st_dev == at_default.st_dev &&
	       home.st_ino == at_default.st_ino;
}

static int find_path(
	const struct shale_store *store, const char *wish, char **ret, struct shale_error *err)
{
	auto_free char *path = NULL;
	const char *env = getenv("SHALE_RUN");

	if (!wish || !*wish)
		wish = env;
	if (wish && *wish) {
		*ret = strdup(wish);
		return *ret ? 0 : error_fail(err, -ENOMEM, "run directory");
	}
	int r = run_default(&path, err);
	if (r < 0)
		return r;
	if (is_default_home(store))
		*ret = steal_ptr(&path);
	else if (asprintf(ret, "%s/%s", path, store->config.uuid) < 0)
		return error_fail(err, -ENOMEM, "run directory");
	return 0;
}

/* Tells whether the store at PATH still exists. If PATH cannot be read, the store counts as
 * existing: it may have mounts. */
static bool is_live_store(const char *path, json_int_t dev, json_int_t ino)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return errno != ENOENT && errno != ENOTDIR;
	return (json_int_t)st.st_dev == dev && (json_int_t)st.st_ino == ino;
}

/* Tells whether a layer has users. Says yes if that cannot be found out. */
static bool has_users(const struct shale_store *store, const char *id)
{
	auto_refs struct refs refs = { 0 };

	return refs_look(store, id, &refs, NULL) < 0 || refs_count(&refs) > 0 || refs.elsewhere ||
	       refs.doubtful || refs.detached;
}

/* Removes the mount counts of the store that used RUN before and is no longer at its path.
 * Returns -EBUSY if one of its layers is still mounted: the store was then only moved, and still
 * needs the counts. */
static int forget_refs(const struct shale_store *store, struct shale_error *err)
{
	auto_closedir DIR *dir = dir_list(store->run, "refs");

	if (!dir)
		return 0;
	for (struct dirent *entry; (entry = readdir(dir));) {
		if (id_is_valid(entry->d_name) && has_users(store, entry->d_name)) {
			error_fail_plain(err, -EBUSY,
				"run directory '%s' serves a store that was moved, whose layer "
				"'%s' "
				"is mounted",
				store->run_path, entry->d_name);
			return error_remedy(
				err, -EBUSY, "name another directory with --run or SHALE_RUN");
		}
	}
	rewinddir(dir);
	for (struct dirent *entry; (entry = readdir(dir));)
		unlinkat(store->refs, entry->d_name, 0);
	return 0;
}

static int write_claim(const struct shale_store *store, const struct stat *home)
{
	auto_free char *path = json_of_path(store->home_path);
	auto_json json_t *root = !path ? NULL
				       : json_pack("{s:s, s:I, s:I}", "home", path, "dev",
						 (json_int_t)home->st_dev, "ino",
						 (json_int_t)home->st_ino);
	auto_free char *text = root ? json_dumps(root, JSON_COMPACT) : NULL;

	if (!text)
		return -ENOMEM;
	unlinkat(store->run, ".store.new", 0);
	int r = smallfile_create(store->run, ".store.new", text, 0600);
	return r < 0 ? r : sys(renameat(store->run, ".store.new", store->run, "store"));
}

enum claimed {
	CLAIMED_BY_NOBODY, /* the store that used RUN does not exist any more */
	CLAIMED,
	CLAIMED_ELSEWHERE, /* this store used RUN, but was at another path then */
};

/* Checks which store RUN belongs to. Returns -EBUSY if it is another store's. */
static int is_ours(
	const struct shale_store *store, const struct stat *home, struct shale_error *err)
{
	auto_json json_t *root = NULL;
	auto_free char *home_path = NULL;
	const char *said;
	json_int_t dev, ino;

	if (json_read(store->run, "store", &root, NULL) < 0 ||
		json_unpack(root, "{s:s, s:I, s:I}", "home", &said, "dev", &dev, "ino", &ino) < 0)
		return CLAIMED_BY_NOBODY;
	home_path = json_to_path(said);
	if (!home_path)
		return error_fail(err, -ENOMEM, "read run directory '%s'", store->run_path);
	if (dev == (json_int_t)home->st_dev && ino == (json_int_t)home->st_ino)
		return strcmp(home_path, store->home_path) ? CLAIMED_ELSEWHERE : CLAIMED;
	if (!is_live_store(home_path, dev, ino))
		return CLAIMED_BY_NOBODY;
	error_fail_plain(err, -EBUSY, "run directory '%s' serves the store '%s'", store->run_path,
		home_path);
	return error_remedy(err, -EBUSY, "name another directory with --run or SHALE_RUN");
}

/* Makes RUN this store's own. Two stores must not share RUN: they may have layers of the same
 * id, and RUN counts by layer id. */
static int claim(const struct shale_store *store, struct shale_error *err)
{
	struct stat home;

	if (fstat(store->home, &home) < 0)
		return error_fail(err, -errno, "store '%s'", store->home_path);
	/* Mostly RUN belongs to this store already; then nothing is written. */
	int r = is_ours(store, &home, err);
	if (r < 0 || r == CLAIMED)
		return r < 0 ? r : 0;
	auto_close int lock = lock_take(store->run, ".lock", LOCK_EX);
	if (lock < 0 && r == CLAIMED_ELSEWHERE)
		return 0;
	if (lock < 0)
		return error_fail(err, lock, "lock run directory '%s'", store->run_path);
	r = is_ours(store, &home, err);
	if (r < 0 || r == CLAIMED)
		return r < 0 ? r : 0;
	/* The store was moved: record its new path. Otherwise, if a copy of the store is at the old
	 * path now, a third store could take this one for gone, and use its RUN. */
	if (r == CLAIMED_ELSEWHERE) {
		(void)write_claim(store, &home);
		return 0;
	}
	r = forget_refs(store, err);
	if (r < 0)
		return r;
	r = write_claim(store, &home);
	return r < 0 ? error_fail(err, r, "write to run directory '%s'", store->run_path) : 0;
}

static int open_run(struct shale_store *store, const char *path, struct shale_error *err)
{
	store->run = dir_open_private(path, &store->run_path, err);
	if (store->run < 0)
		return store->run;
	int r = dir_must_be_private(store->run, err);
	if (r < 0) {
		error_remedy(err, r, "name a directory of your own with --run or SHALE_RUN");
		return error_fail(err, r, "run directory '%s'", store->run_path);
	}
	store->refs = dir_open_sub(store->run, "refs", err);
	if (store->refs < 0)
		return store->refs;
	store->locks = dir_open_sub(store->run, "locks", err);
	return store->locks < 0 ? store->locks : claim(store, err);
}

/* Tells whether CODE means that RUN is read-only, full or missing: commands that only read work
 * without it. */
static bool cannot_be_written(int code)
{
	switch (code) {
	case -EROFS:
	case -EACCES:
	case -ENOSPC:
	case -EDQUOT:
	case -ENOENT:
	case -ENOTDIR:
		return true;
	default:
		return false;
	}
}

int rundir_open(struct shale_store *store, const char *path, struct shale_error *err)
{
	auto_free char *found = NULL;
	struct shale_error why = { 0 };
	int r = find_path(store, path, &found, &why);

	if (r == 0)
		r = open_run(store, found, &why);
	if (r == 0)
		return 0;
	if (!store->run_path)
		store->run_path = found ? steal_ptr(&found) : strdup("");
	if (!cannot_be_written(r) || !store->run_path) {
		if (err)
			*err = why;
		return r;
	}
	error_remedy(&why, r, "name a directory that can be written to with --run or SHALE_RUN");
	store->no_run = why;
	return 0;
}

int rundir_needed(const struct shale_store *store, struct shale_error *err)
{
	if (store->no_run.code < 0 && err)
		*err = store->no_run;
	return store->no_run.code;
}
