/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/store/replace_file.h"

#include "common/base/error.h"
#include "common/base/scope.h"
#include "common/store/files/lock.h"
#include "common/store/files/smallfile.h"
#include "common/store/id.h"
#include "common/store/store_struct.h"

#include <fcntl.h>
#include <string.h>
#include <sys/file.h>

static int write_and_rename(const struct shale_store *store, const char *temp, int dirfd,
	const char *name, const char *content)
{
	auto_close int fd = sys(
		openat(store->staging, temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));

	if (fd < 0)
		return fd;
	int r = fd_write_all(fd, content, strlen(content));
	if (r == 0)
		r = sys(fsync(fd));
	if (r == 0)
		r = sys(renameat(store->staging, temp, dirfd, name));
	if (r < 0)
		unlinkat(store->staging, temp, 0);
	return r;
}

int smallfile_replace(
	const struct shale_store *store, int dirfd, const char *name, const char *content)
{
	char temp[SHORT_LEN + 1];
	/* Hold the lock, because another process would take the temporary file for a leftover. */
	auto_close int lock = lock_take(store->staging, ".lock", LOCK_SH);

	if (lock < 0)
		return lock;
	int r = short_make(temp);
	if (r == 0)
		r = write_and_rename(store, temp, dirfd, name, content);
	return r < 0 ? r : sys(fsync(dirfd));
}

int json_replace(const struct shale_store *store, int dirfd, const char *name, const json_t *object,
	struct shale_error *err)
{
	auto_free char *text = json_dumps(object, JSON_INDENT(2));

	if (!text)
		return error_fail(err, -ENOMEM, "write %s", name);
	int r = smallfile_replace(store, dirfd, name, text);
	return r < 0 ? error_fail(err, r, "write %s", name) : 0;
}
