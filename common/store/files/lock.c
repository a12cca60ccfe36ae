/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/store/files/lock.h"

#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/store/private.h"
#include "common/store/rundir.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

static int flock_patiently(int fd, int operation)
{
	int r;

	do
		r = sys(flock(fd, operation));
	while (r == -EINTR);
	return r;
}

int lock_take(int dirfd, const char *name, int operation)
{
	for (;;) {
		struct stat st;
		auto_close int fd = sys(
			openat(dirfd, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));

		if (fd < 0)
			return fd;
		int r = flock_patiently(fd, operation);
		if (r < 0)
			return r;
		if (fstat(fd, &st) < 0)
			return -errno;
		/* The holder before us may have removed the file: ours would then be a lock that
		 * nobody else can meet. */
		if (st.st_nlink > 0)
			return steal_fd(&fd);
	}
}

int lock_layer(const struct shale_store *store, const char *id, struct shale_error *err)
{
	int needed = rundir_needed(store, err);

	if (needed < 0)
		return needed;
	int fd = lock_take(store->locks, id, LOCK_EX);

	return fd < 0 ? error_fail(err, fd, "lock layer '%s' in '%s'", id, store->run_path) : fd;
}

int lock_places(const struct shale_store *store, int operation, struct shale_error *err)
{
	/* No layer's id begins with a dot. */
	int fd = lock_take(store->locks, ".places", operation);

	return fd < 0 ? error_fail(err, fd, "lock '%s/locks/.places'", store->run_path) : fd;
}

void lock_layer_forget(const struct shale_store *store, const char *id)
{
	unlinkat(store->locks, id, 0);
}
