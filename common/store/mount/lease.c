/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/store/mount/lease.h"

#include "common/base/error.h"
#include "common/base/readdir.h"
#include "common/base/scope.h"
#include "common/store/files/lock.h"
#include "common/store/foreign/foreign.h"
#include "common/store/id.h"
#include "common/store/layer_lock.h"
#include "common/store/log.h"
#include "common/store/mount/layer_mount.h"
#include "common/store/mount/live_refs.h"
#include "common/store/store_struct.h"
#include "common/store/rundir.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>

static int open_dir(const struct shale_store *store, const char *name)
{
	return sys(openat(store->run, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

static bool is_name(const char *name)
{
	return strlen(name) == LEASE_NAME_SIZE - 1 &&
	       strspn(name, "0123456789abcdef") == LEASE_NAME_SIZE - 1;
}

/* ---- the process that holds a lease ---- */

static int begin(struct shale_lease *lease)
{
	uint64_t number;
	int r = sys(mkdirat(lease->store->run, "leases", 0700));

	if (r < 0 && r != -EEXIST)
		return r;
	auto_close int dir = open_dir(lease->store, "leases");
	if (dir < 0)
		return dir;
	if (getrandom(&number, sizeof(number), 0) != sizeof(number))
		return -EIO;
	snprintf(lease->name, sizeof(lease->name), "%016" PRIx64, number);
	lease->fd = lock_take(dir, lease->name, LOCK_EX);
	return lease->fd < 0 ? lease->fd : 0;
}

/* Finds the lease of the store whose file FD has open. Returns -EBADF if there is none. */
static int find_name(const struct shale_store *store, int fd, char ret[LEASE_NAME_SIZE])
{
	auto_close int dir_fd = open_dir(store, "leases");
	auto_closedir DIR *dir = dir_fd < 0 ? NULL : fdopendir(dir_fd);
	struct dirent *entry;
	struct stat mine, st;
	int more;

	if (!dir)
		return dir_fd == -ENOENT ? -EBADF : dir_fd < 0 ? dir_fd : -errno;
	steal_fd(&dir_fd);
	if (fstat(fd, &mine) < 0)
		return -errno;
	while ((more = dir_next(dir, &entry)) > 0)
		if (is_name(entry->d_name) && fstatat(dirfd(dir), entry->d_name, &st, 0) == 0 &&
			st.st_ino == mine.st_ino && st.st_dev == mine.st_dev) {
			strcpy(ret, entry->d_name);
			return 0;
		}
	return more < 0 ? more : -EBADF;
}

static int take_over(struct shale_lease *lease, int fd)
{
	int r = find_name(lease->store, fd, lease->name);

	if (r == 0)
		lease->fd = sys(fcntl(fd, F_DUPFD_CLOEXEC, 3));
	return r < 0 ? r : lease->fd < 0 ? lease->fd : 0;
}

int shale_lease_open(
	struct shale_store *store, int fd, struct shale_lease **ret, struct shale_error *err)
{
	auto_free struct shale_lease *lease = NULL;
	int r = foreign_refuse(store, err);

	if (r == 0)
		r = rundir_needed(store, err);
	if (r < 0)
		return r;
	lease = malloc(sizeof(*lease));
	if (!lease)
		return error_fail(err, -ENOMEM, "open lease");
	leases_sweep(store, NULL, NULL, NULL);
	*lease = (struct shale_lease){ .store = store, .fd = -1 };
	r = fd < 0 ? begin(lease) : take_over(lease, fd);
	if (r == -EBADF)
		return error_fail_plain(err, r, "open lease: descriptor %d is of no lease in '%s'",
			fd, store->run_path);
	if (r < 0)
		return error_fail(err, r, "open lease in '%s'", store->run_path);
	*ret = steal_ptr(&lease);
	return 0;
}

int shale_lease_fd(const struct shale_lease *lease)
{
	return lease->fd;
}

void shale_lease_close(struct shale_lease *lease)
{
	if (!lease)
		return;
	close(lease->fd);
	leases_sweep(lease->store, NULL, NULL, NULL);
	free(lease);
}

/* ---- leases whose holder has ended ---- */

/* Tells whether no process holds the lease any more: 1 or 0. Tries a shared lock, so that two
 * sweeps at once do not take each other for the holder. */
static int is_over(int dir, const char *name)
{
	auto_close int fd = sys(openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC));

	if (fd < 0)
		return fd == -ENOENT ? 1 : fd;
	int r = sys(flock(fd, LOCK_SH | LOCK_NB));
	return r == 0 ? 1 : r == -EWOULDBLOCK ? 0 : r;
}

struct sweep {
	struct shale_store *store;
	shale_pair_fn *fn;
	void *arg;
	struct shale_error *err;
	const char *lease;
	bool busy; /* a use of the lease could not be ended */
};

/* Unmounts a mount that has no users left. Returns 1 if a process still uses it. */
static int end_mount(struct sweep *sweep, const char *id, struct refs *refs)
{
	struct shale_error err = { 0 };
	auto_free char *target = strdup(refs->target);
	int r = target ? mount_end(sweep->store, id, refs, &err) : -ENOMEM;

	if (r == -EBUSY || r == -ETIMEDOUT)
		return 1;
	if (r < 0 && sweep->err)
		*sweep->err = err;
	if (r == 0 && sweep->fn)
		sweep->fn("umount", target, sweep->arg);
	return r;
}

/* Ends the gets of layer ID that name the lease of this sweep. */
static int end_uses(struct sweep *sweep, const char *id)
{
	auto_refs struct refs refs = { 0 };
	auto_close int lock = layer_lock(sweep->store, id, sweep->err);
	int r = lock < 0 ? lock : refs_load(sweep->store, id, &refs, sweep->err);
	unsigned int uses = r < 0 ? 0 : refs_of_lease(&refs, sweep->lease);

	if (r < 0 || !uses)
		return r;
	if (refs.elsewhere)
		r = 1;
	else if (refs_count(&refs) == uses && refs.target)
		r = end_mount(sweep, id, &refs);
	/* Keep counting the uses of a busy mount, so that the next sweep finds them. */
	sweep->busy |= r == 1;
	if (r != 0)
		return r < 0 ? r : 0;
	store_log(sweep->store, LOG_WARNING, "layer '%s': a holder of its mount has gone", id);
	r = refs_set_lease(&refs, sweep->lease, 0);
	return r < 0 ? r : refs_save(sweep->store, id, &refs, sweep->err);
}

static int end_lease(struct sweep *sweep)
{
	auto_close int fd = open_dir(sweep->store, "refs");
	auto_closedir DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	int more, r = dir ? 0 : -errno;

	if (dir)
		steal_fd(&fd);
	while (r == 0 && (more = dir_next(dir, &entry)) != 0)
		if (more < 0)
			r = more;
		else if (id_is_valid(entry->d_name))
			r = end_uses(sweep, entry->d_name);
	return r;
}

int leases_sweep(struct shale_store *store, shale_pair_fn *fn, void *arg, struct shale_error *err)
{
	auto_close int fd = store->run < 0 ? -ENOENT : open_dir(store, "leases");
	auto_closedir DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	int more, r = 0;

	if (!dir)
		return fd == -ENOENT ? 0 : fd < 0 ? fd : -errno;
	steal_fd(&fd);
	while (r == 0 && (more = dir_next(dir, &entry)) != 0) {
		if (more < 0)
			return more;
		if (!is_name(entry->d_name) || is_over(dirfd(dir), entry->d_name) != 1)
			continue;
		struct sweep sweep = { store, fn, arg, err, entry->d_name, false };
		r = end_lease(&sweep);
		if (r == 0 && !sweep.busy)
			unlinkat(dirfd(dir), entry->d_name, 0);
	}
	return r;
}
