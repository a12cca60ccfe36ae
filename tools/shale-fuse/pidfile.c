/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale-fuse/pidfile.h"

#include "common/base/scope.h"

#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

static int write_new(const struct pidfile *pidfile)
{
	auto_close int fd = sys(openat(pidfile->dir, pidfile->temp,
		O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644));

	if (fd < 0)
		return fd;
	int r = dprintf(fd, "%d\n", getpid()) < 0 ? -errno : sys(fchmod(fd, 0644));
	if (r < 0)
		unlinkat(pidfile->dir, pidfile->temp, 0);
	return r;
}

/* Tells whether NAME is a directory, which a rename could not replace. */
static bool is_dir(int dir, const char *name)
{
	struct stat st;

	return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode);
}

int pidfile_open(const char *path, struct pidfile *ret)
{
	const char *slash = path ? strrchr(path, '/') : NULL;
	auto_free char *dir = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
	struct pidfile pidfile = PIDFILE_NONE;

	*ret = PIDFILE_NONE;
	if (!path)
		return 0;
	if (!dir)
		return -ENOMEM;
	auto_close int fd = sys(open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC));
	pidfile.dir = fd;
	pidfile.name = slash ? slash + 1 : path;
	snprintf(pidfile.temp, sizeof(pidfile.temp), ".shale-fuse.%d", getpid());
	if (fd < 0)
		return fd;
	if (!*pidfile.name || is_dir(fd, pidfile.name))
		return -EISDIR;
	int r = write_new(&pidfile);
	if (r < 0)
		return r;
	*ret = pidfile;
	steal_fd(&fd);
	return 0;
}

/* Gives the file its name only now, when it is complete: a process that waits for the name reads it
 * at once. */
int pidfile_publish(struct pidfile *pidfile)
{
	if (pidfile->dir < 0)
		return 0;
	int r = sys(renameat(pidfile->dir, pidfile->temp, pidfile->dir, pidfile->name));
	if (r < 0) {
		pidfile_discard(pidfile);
		return r;
	}
	cleanup_close(&pidfile->dir);
	*pidfile = PIDFILE_NONE;
	return 0;
}

void pidfile_discard(struct pidfile *pidfile)
{
	if (pidfile->dir >= 0)
		unlinkat(pidfile->dir, pidfile->temp, 0);
	cleanup_close(&pidfile->dir);
	*pidfile = PIDFILE_NONE;
}
