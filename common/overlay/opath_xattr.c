/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/overlay/opath_xattr.h"

#include "common/base/scope.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/xattr.h>

/* Numbers of system calls since Linux 6.13, which older headers lack. */
#ifndef SYS_getxattrat
#define SYS_getxattrat  464
#define SYS_listxattrat 465
#endif

/* The path /proc/self/fd/FD, which leads to the inode itself, even to a symbolic link, and opens
 * nothing. The f*xattr calls refuse an O_PATH descriptor with EBADF at once, so they are tried
 * first: following the path takes longer. */
struct fd_path {
	char text[32];
};

/* The path of a NAME in a directory, through /proc/self/fd. */
struct name_path {
	char text[320];
};

static struct fd_path path_of(int fd)
{
	struct fd_path path;

	snprintf(path.text, sizeof(path.text), "/proc/self/fd/%d", fd);
	return path;
}

ssize_t opath_xattr_get(int fd, const char *name, void *value, size_t size)
{
	ssize_t n = fgetxattr(fd, name, value, size);

	if (n < 0 && errno == EBADF)
		n = getxattr(path_of(fd).text, name, value, size);
	return n < 0 ? -errno : n;
}

ssize_t opath_xattr_list(int fd, char *names, size_t size)
{
	ssize_t n = flistxattr(fd, names, size);

	if (n < 0 && errno == EBADF)
		n = listxattr(path_of(fd).text, names, size);
	return n < 0 ? -errno : n;
}

int opath_xattr_set(int fd, const char *name, const void *value, size_t size, int flags)
{
	int r = sys(fsetxattr(fd, name, value, size, flags));

	return r == -EBADF ? sys(setxattr(path_of(fd).text, name, value, size, flags)) : r;
}

int opath_xattr_remove(int fd, const char *name)
{
	int r = sys(fremovexattr(fd, name));

	return r == -EBADF ? sys(removexattr(path_of(fd).text, name)) : r;
}

static struct name_path path_at(int dirfd, const char *name)
{
	struct name_path path;

	if (dirfd == AT_FDCWD)
		snprintf(path.text, sizeof(path.text), "%s", name);
	else
		snprintf(path.text, sizeof(path.text), "/proc/self/fd/%d/%s", dirfd, name);
	return path;
}

static atomic_bool no_calls_at; /* the kernel lacks these calls, or a filter refuses them */

/* Whether the result N means that the call is refused, so that another way must be tried. */
static bool is_refused(ssize_t n)
{
	if (n != -ENOSYS && n != -EPERM)
		return false;
	no_calls_at = true;
	return true;
}

ssize_t opath_xattr_get_at(int dirfd, const char *name, const char *xattr, void *value, size_t size)
{
	struct {
		uint64_t value;
		uint32_t size;
		uint32_t flags;
	} args = { .value = (uintptr_t)value, .size = (uint32_t)size };
	ssize_t n = no_calls_at ? -ENOSYS
				: sys(syscall(SYS_getxattrat, dirfd, name, AT_SYMLINK_NOFOLLOW,
					  xattr, &args, sizeof(args)));

	if (!is_refused(n))
		return n;
	n = lgetxattr(path_at(dirfd, name).text, xattr, value, size);
	return n < 0 ? -errno : n;
}

ssize_t opath_xattr_list_at(int dirfd, const char *name, char *names, size_t size)
{
	ssize_t n = no_calls_at ? -ENOSYS
				: sys(syscall(SYS_listxattrat, dirfd, name, AT_SYMLINK_NOFOLLOW,
					  names, size));

	if (!is_refused(n))
		return n;
	n = llistxattr(path_at(dirfd, name).text, names, size);
	return n < 0 ? -errno : n;
}

/* Reads a whole value, or with NAME NULL the list of names. Asks for the size first, then for the
 * data; repeats this if the data grew in between. */
static ssize_t read_all(int fd, const char *name, char **ret)
{
	for (;;) {
		ssize_t size = name ? opath_xattr_get(fd, name, NULL, 0)
				    : opath_xattr_list(fd, NULL, 0);
		if (size < 0)
			return size;
		auto_free char *data = malloc((size_t)size + 1);
		if (!data)
			return -ENOMEM;
		ssize_t n = size == 0 ? 0
			    : name    ? opath_xattr_get(fd, name, data, (size_t)size)
				      : opath_xattr_list(fd, data, (size_t)size);
		if (n == -ERANGE)
			continue;
		if (n < 0)
			return n;
		data[n] = 0;
		*ret = steal_ptr(&data);
		return n;
	}
}

ssize_t opath_xattr_list_all(int fd, char **ret_names)
{
	return read_all(fd, NULL, ret_names);
}

ssize_t opath_xattr_get_all(int fd, const char *name, char **ret_value)
{
	return read_all(fd, name, ret_value);
}
