/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale-fuse/pidfile.h"

#include "common/base/scope.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

int pidfile_open(const char *path, struct pidfile *ret)
{
	const char *slash = path ? strrchr(path, '/') : NULL;
	auto_free char *dir = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");

	*ret = PIDFILE_NONE;
	if (!path)
		return 0;
	if (!dir)
		return -ENOMEM;
	ret->name = slash ? slash + 1 : path;
	ret->dir = sys(open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC));
	return ret->dir < 0 ? ret->dir : 0;
}

/* Makes the file complete before it has its name, because a waiting process reads it at once. */
static int write_new(const struct pidfile *pidfile, const char *temp)
{
	auto_close int fd = sys(openat(
		pidfile->dir, temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644));

	if (fd < 0)
		return fd;
	int r = dprintf(fd, "%d\n", getpid()) < 0 ? -errno : sys(fchmod(fd, 0644));
	if (r == 0)
		r = sys(renameat(pidfile->dir, temp, pidfile->dir, pidfile->name));
	if (r < 0)
		unlinkat(pidfile->dir, temp, 0);
	return r;
}

int pidfile_write(struct pidfile *pidfile)
{
	char temp[NAME_MAX + 1];

	if (pidfile->dir < 0)
		return 0;
	snprintf(temp, sizeof(temp), ".shale-fuse.%d", getpid());
	int r = write_new(pidfile, temp);
	cleanup_close(&pidfile->dir);
	*pidfile = PIDFILE_NONE;
	return r;
}
