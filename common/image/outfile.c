/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/image/outfile.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "common/base/scope.h"
#include "common/base/error.h"

enum { TRIES = 16 };

static int try_open_named(struct outfile *file)
{
	struct stat st;
	int r = unfinished_name(file->temp);

	if (r < 0)
		return r;
	auto_close int fd = sys(
		openat(file->dir, file->temp, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
	if (fd < 0)
		return fd == -EEXIST ? -EAGAIN : fd;
	r = unfinished_lock(fd);
	if (r == 0)
		r = sys(fstat(fd, &st));
	if (r < 0)
		return r;
	return st.st_nlink > 0 ? steal_fd(&fd) : -EAGAIN;
}

/* Opens a file with a temporary name, on filesystems without O_TMPFILE. */
static int open_named(struct outfile *file)
{
	int r = -EAGAIN;

	for (int i = 0; i < TRIES && r == -EAGAIN; i++)
		r = try_open_named(file);
	if (r < 0)
		file->temp[0] = '\0';
	return r;
}

int outfile_open(int dir, struct outfile *ret, struct shale_error *err)
{
	struct outfile file = { .dir = dir };

	file.fd = sys(openat(dir, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0666));
	if (file.fd >= 0)
		unfinished_lock(file.fd);
	if (file.fd == -EOPNOTSUPP || file.fd == -EISDIR || file.fd == -ENOENT)
		file.fd = open_named(&file);
	if (file.fd < 0)
		return error_fail(err, file.fd, "make a file");
	*ret = file;
	return 0;
}

int outfile_sync(struct outfile *file, struct shale_error *err)
{
	int r = file->synced ? 0 : sys(fsync(file->fd));

	if (r < 0)
		return error_fail(err, r, "write to the disk");
	file->synced = true;
	return 0;
}

static int link_nameless(const struct outfile *file, int dir, const char *name)
{
	char self[40];

	snprintf(self, sizeof(self), "/proc/self/fd/%d", file->fd);
	return sys(linkat(AT_FDCWD, self, dir, name, AT_SYMLINK_FOLLOW));
}

static int link_beside(struct outfile *file)
{
	int r = unfinished_name(file->temp);

	if (r == 0)
		r = link_nameless(file, file->dir, file->temp);
	if (r < 0)
		file->temp[0] = '\0';
	return r;
}

/* Gives the file its name. A file that replaces another one first gets a temporary name, because no
 * system call links a nameless file over an existing name. */
static int give_name(struct outfile *file, int dir, const char *name)
{
	int r = file->temp[0] ? -EEXIST : link_nameless(file, dir, name);

	if (r != -EEXIST)
		return r;
	r = file->temp[0] ? 0 : link_beside(file);
	if (r == 0)
		r = sys(renameat(file->dir, file->temp, dir, name));
	if (r == 0)
		file->temp[0] = '\0';
	return r;
}

int outfile_publish(struct outfile *file, int dir, const char *name, struct shale_error *err)
{
	int r = outfile_sync(file, err);

	if (r == 0)
		r = give_name(file, dir, name);
	return r < 0 ? error_fail(err, r, "write '%s'", name) : 0;
}

void outfile_close(struct outfile *file)
{
	if (file->temp[0])
		unlinkat(file->dir, file->temp, 0);
	file->temp[0] = '\0';
	cleanup_close(&file->fd);
	file->fd = -1;
}
