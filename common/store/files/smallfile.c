/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/store/files/smallfile.h"

#include "common/base/scope.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#define SIZE_MAX_READ (8 << 20)

/* Opens with O_NONBLOCK, because opening a fifo would wait for a writer. */
int smallfile_open(int dirfd, const char *name)
{
	enum { FLAGS = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC };
	auto_close int fd = sys(openat(dirfd, name, FLAGS));
	struct stat st;

	if (fd < 0)
		return fd == -ENXIO ? -EINVAL : fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	return S_ISREG(st.st_mode) ? steal_fd(&fd) : -EINVAL;
}

ssize_t smallfile_read(int dirfd, const char *name, char **ret)
{
	struct stat st;
	auto_close int fd = smallfile_open(dirfd, name);

	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (st.st_size > SIZE_MAX_READ)
		return -EFBIG;
	auto_free char *buf = malloc((size_t)st.st_size + 1);
	if (!buf)
		return -ENOMEM;
	ssize_t n = fd_read_all(fd, buf, (size_t)st.st_size);
	if (n < 0)
		return n;
	buf[n] = 0;
	*ret = steal_ptr(&buf);
	return n;
}

/* Looks with fstatat: faccessat() with flags is a newer call, which filters of containers may
 * refuse. */
int smallfile_exists(int dirfd, const char *name)
{
	struct stat st;
	int r = sys(fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW));

	return r == 0 ? 1 : r == -ENOENT ? 0 : r;
}

int smallfile_create(int dirfd, const char *name, const char *content, mode_t mode)
{
	auto_close int fd = sys(openat(dirfd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode));

	if (fd < 0)
		return fd;
	return fd_write_all(fd, content, strlen(content));
}

int smallfile_sync(int dirfd, const char *name)
{
	auto_close int fd = sys(openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC));

	if (fd < 0)
		return fd == -ENOENT || fd == -ELOOP ? 0 : fd;
	return sys(fsync(fd));
}
