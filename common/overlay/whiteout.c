/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/overlay/whiteout.h"

#include "common/base/scope.h"
#include "common/overlay/opath_xattr.h"

#include <fcntl.h>
#include <string.h>
#include <sys/sysmacros.h>

bool stat_is_whiteout(const struct stat *st)
{
	return S_ISCHR(st->st_mode) && st->st_rdev == makedev(0, 0);
}

int opaque_parse(ssize_t n, const char *value)
{
	if (n == -ENODATA || n == -EOPNOTSUPP || n == -ERANGE)
		return OPAQUE_NO;
	if (n < 0)
		return (int)n;
	if (n == 1 && value[0] == 'y')
		return OPAQUE_YES;
	if (n == 1 && value[0] == 'x')
		return OPAQUE_XWHITEOUTS;
	return OPAQUE_NO;
}

int opaque_get(int fd, enum xattr_class class)
{
	char value[2];

	return opaque_parse(
		opath_xattr_get(fd, overlay_xattr(class, "opaque"), value, sizeof(value)), value);
}

int opaque_set(int fd, enum xattr_class class)
{
	return opath_xattr_set(fd, overlay_xattr(class, "opaque"), "y", 1, 0);
}

int name_has_whiteout_xattr(int dirfd, const char *name, enum xattr_class class)
{
	ssize_t n = opath_xattr_get_at(dirfd, name, overlay_xattr(class, "whiteout"), NULL, 0);

	if (n >= 0)
		return 1;
	/* If a file may not be read, its user. xattrs cannot be read either. */
	bool hidden = n == -EACCES && class == XATTR_USER;
	return hidden || n == -ENODATA || n == -EOPNOTSUPP ? 0 : (int)n;
}

bool stat_is_device_whiteout(const struct stat *st)
{
	return stat_is_whiteout(st) && (st->st_mode & 07777) != 0;
}

int whiteout_make_device(int dirfd, const char *name)
{
	return sys(mknodat(dirfd, name, S_IFCHR | 0600, makedev(0, 0)));
}

int whiteout_make(int dirfd, const char *name)
{
	return sys(mknodat(dirfd, name, S_IFCHR, makedev(0, 0)));
}

int whiteout_make_marked(int dirfd, const char *name, enum xattr_class class)
{
	auto_close int fd = sys(
		openat(dirfd, name, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0600));
	int r = fd < 0 ? fd : opath_xattr_set(fd, overlay_xattr(class, "whiteout"), "y", 1, 0);

	if (r < 0 && fd >= 0)
		unlinkat(dirfd, name, 0);
	return r;
}

int xwhiteouts_set(int fd, enum xattr_class class)
{
	return opath_xattr_set(fd, overlay_xattr(class, "opaque"), "x", 1, 0);
}
