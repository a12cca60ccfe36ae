/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/store/store.h"

#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/base/option_struct.h"
#include "common/base/readdir.h"
#include "common/store/foreign/foreign.h"
#include "common/store/id.h"
#include "common/store/mount/driver.h"
#include "common/store/log.h"
#include "common/store/paths.h"
#include "common/store/store_struct.h"
#include "common/store/remains.h"
#include "common/store/rundir.h"
#include "common/store/staging.h"
#include "common/store/trash.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

static struct shale_store *store_new(void)
{
	struct shale_store *store = calloc(1, sizeof(*store));

	if (!store)
		return NULL;
	store->home = store->links = store->staging = store->trash = store->images = -1;
	store->run = store->locks = store->refs = -1;
	pthread_mutex_init(&store->backend_lock, NULL);
	return store;
}

void shale_store_close(struct shale_store *store)
{
	if (!store)
		return;
	json_decref(store->known);
	int fds[] = { store->home, store->links, store->staging, store->trash, store->images,
		store->run, store->locks, store->refs };

	for (size_t i = 0; i < sizeof(fds) / sizeof(*fds); i++)
		if (fds[i] >= 0)
			close(fds[i]);
	free(store->home_path);
	free(store->run_path);
	free(store->wanted_backend);
	free(store->backend_reason);
	pthread_mutex_destroy(&store->backend_lock);
	free(store);
}

static void cleanup_store(struct shale_store **store)
{
	int saved = errno;

	shale_store_close(*store);
	errno = saved;
}
#define auto_store __attribute__((cleanup(cleanup_store)))

static int choose_backend(struct shale_store *store, const char *wanted, struct shale_error *err)
{
	if (!wanted)
		wanted = getenv("SHALE_BACKEND");
	if (!wanted || !*wanted)
		wanted = "auto";
	if (strcmp(wanted, "auto") != 0 && !driver_named(wanted)) {
		error_fail_plain(err, -EINVAL, "unknown backend '%s'", wanted);
		return error_remedy(err, -EINVAL, "one of: auto, kernel, fuse");
	}
	store->wanted_backend = strdup(wanted);
	return store->wanted_backend ? 0 : error_fail(err, -ENOMEM, "open store");
}

static int fail_no_store(struct shale_error *err)
{
	error_remedy(err, -ENOENT,
		"make it with 'shale init', or name another with --home or SHALE_HOME");
	return error_fail_plain(err, -ENOENT, "there is none");
}

static int open_home(struct shale_store *store, const struct shale_store_options *options,
	struct shale_error *err)
{
	auto_free char *path = NULL;
	const char *env = getenv("SHALE_HOME");
	int r = 0;

	if (options->home && *options->home)
		path = strdup(options->home);
	else if (env && *env)
		path = strdup(env);
	else
		r = home_default(&path, err);
	if (r == 0 && !path)
		r = error_fail(err, -ENOMEM, "open store");
	if (r < 0)
		return r;
	if (options->flags & SHALE_OPEN_EXISTING && access(path, F_OK) < 0) {
		r = errno == ENOENT ? fail_no_store(err) : -errno;
		return error_fail(err, r, "store '%s'", path);
	}
	store->home = dir_open_private(path, &store->home_path, err);
	return store->home < 0 ? store->home : 0;
}

static bool is_own_name(const char *name)
{
	static const char *const names[] = { ".", "..", "l", "staging", "trash", "images",
		LOST_DIR };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (!strcmp(name, names[i]))
			return true;
	return false;
}

/* Refuses to make a store in a directory that holds other files: the user has probably given a
 * wrong path. */
static int must_be_empty(const struct shale_store *store, struct shale_error *err)
{
	auto_closedir DIR *dir = dir_list(store->home, ".");

	if (!dir)
		return error_fail(err, -errno, "list '%s'", store->home_path);
	struct dirent *entry;
	int more;
	while ((more = dir_next(dir, &entry)) > 0) {
		if (is_own_name(entry->d_name))
			continue;
		error_fail_plain(
			err, -ENOTEMPTY, "not empty, and no store: it holds '%s'", entry->d_name);
		return error_remedy(err, -ENOTEMPTY,
			"name an empty or a new directory with --home or SHALE_HOME");
	}
	return more < 0 ? error_fail(err, more, "list '%s'", store->home_path) : 0;
}

static int open_subdirs(struct shale_store *store, struct shale_error *err)
{
	struct {
		const char *name;
		int *fd;
	} dirs[] = { { "staging", &store->staging }, { "trash", &store->trash },
		{ "l", &store->links }, { "images", &store->images } };

	for (size_t i = 0; i < sizeof(dirs) / sizeof(*dirs); i++) {
		*dirs[i].fd = dir_open_sub(store->home, dirs[i].name, err);
		if (*dirs[i].fd < 0)
			return *dirs[i].fd;
	}
	return 0;
}

/* Opens only HOME and HOME/l, because the store belongs to another engine. */
static int read_foreign(struct shale_store *store, struct shale_error *err)
{
	store->links = sys(openat(store->home, "l", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	if (store->links < 0)
		return error_fail(err, store->links, "open 'l'");
	int r = foreign_known(store->home, store->engine, &store->known, err);
	if (r < 0)
		return r;
	return foreign_config(store->home, store->engine, &store->config, err);
}

/* Checks that no other user may write to HOME: such a user could change layers, and make us
 * delete files. On a read-only filesystem nobody can write. */
static int home_must_be_private(const struct shale_store *store, struct shale_error *err)
{
	struct shale_error why = { 0 };
	struct statvfs fs;
	int r = dir_must_be_private(store->home, &why);

	if (r == 0 || (fstatvfs(store->home, &fs) == 0 && (fs.f_flag & ST_RDONLY)))
		return 0;
	if (err)
		*err = why;
	return error_remedy(err, r,
		"be its owner (in a user namespace: `shale unshare`), or name a directory of your "
		"own with --home or SHALE_HOME");
}

static bool is_own(int home)
{
	struct stat st;

	return fstat(home, &st) == 0 && st.st_uid == geteuid();
}

static int read_or_make_config(struct shale_store *store, const struct shale_store_options *options,
	struct shale_error *err)
{
	struct store_config mine;
	int r = store_config_decide(options->options, options->n_options, &mine, err);

	if (r < 0)
		return r;
	r = store_config_read(store->home, &store->config, err);
	if (r == -ENOENT) {
		r = foreign_engine(store->home);
		if (r < 0)
			return error_fail(err, r, "find out whose layers these are");
		store->engine = (enum engine)r;
		if (store->engine != ENGINE_SHALE)
			return read_foreign(store, err);
		if (options->flags & SHALE_OPEN_EXISTING)
			return fail_no_store(err);
		r = must_be_empty(store, err);
		if (r == 0 && is_own(store->home))
			r = sys(fchmod(store->home, 0700));
		if (r == 0)
			r = home_must_be_private(store, err);
		if (r == 0)
			r = open_subdirs(store, err);
		if (r == 0)
			r = store_config_write(store->home, store->staging, &mine, err);
		if (r == 0 || r == -EEXIST)
			r = store_config_read(store->home, &store->config, err);
	} else if (r == 0) {
		r = home_must_be_private(store, err);
		if (r == 0)
			r = open_subdirs(store, err);
	}
	return r < 0 ? r : store_config_fits(&store->config, &mine, options, err);
}

static int open_store(struct shale_store *store, const struct shale_store_options *options,
	struct shale_error *err)
{
	int r = choose_backend(store, options->backend, err);

	if (r == 0)
		r = open_home(store, options, err);
	if (r < 0)
		return r;
	r = read_or_make_config(store, options, err);
	if (r < 0)
		return error_fail(err, r, "store '%s'", store->home_path);
	if (store->engine != ENGINE_SHALE)
		return 0;
	r = rundir_open(store, options->run, err);
	if (r < 0)
		return r;
	/* A leftover that cannot be removed now waits for the next open, or for 'cleanup', which
	 * reports the reason. */
	staging_sweep(store, false, store_log_removed, store);
	trash_sweep(store, false, store_log_removed, store);
	remains_sweep(store);
	return 0;
}

int shale_store_open(const struct shale_store_options *options, struct shale_store **ret,
	struct shale_error *err)
{
	struct shale_store_options mine;
	auto_store struct shale_store *store = NULL;
	int r = option_struct_take(&mine, sizeof(mine), options, "open store", err);

	if (r == 0)
		r = option_flags_check(mine.flags, SHALE_OPEN_EXISTING, "open store", err);
	if (r < 0)
		return r;
	store = store_new();
	if (!store)
		return error_fail(err, -ENOMEM, "open store");
	store->log = mine.log;
	store->log_arg = mine.log_arg;
	r = open_store(store, &mine, err);
	if (r < 0)
		return r;
	*ret = steal_ptr(&store);
	return 0;
}

int store_home(const struct shale_store *store)
{
	return store->home;
}

int store_explain_full(const struct shale_store *store, int code, struct shale_error *err)
{
	if (code != -ENOSPC && code != -EDQUOT)
		return code;
	return error_remedy(err, code,
		"make room on the filesystem of '%s': shale du shows what takes it, shale gc "
		"--layers removes layers that nothing needs",
		store->home_path);
}

int store_images(const struct shale_store *store)
{
	return store->images;
}

enum xattr_class store_xattr_class(const struct shale_store *store)
{
	return store->config.class;
}

bool store_keeps_labels(const struct shale_store *store)
{
	return store->config.keep_labels;
}

enum ownership store_ownership(const struct shale_store *store)
{
	return store->config.ownership;
}
