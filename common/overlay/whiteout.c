/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/overlay/whiteout.h"

#include "common/cleanup.h"
#include "common/overlay/fdxattr.h"

#include <fcntl.h>
#include <string.h>
#include <sys/sysmacros.h>

bool shale_is_whiteout(const struct stat *st)
{
	return S_ISCHR(st->st_mode) && st->st_rdev == makedev(0, 0);
}

static int opaque_of(ssize_t n, const char *value)
{
	if (n == -ENODATA || n == -EOPNOTSUPP || n == -ERANGE)
		return SHALE_OPAQUE_NO;
	if (n < 0)
		return (int)n;
	if (n == 1 && value[0] == 'y')
		return SHALE_OPAQUE_YES;
	if (n == 1 && value[0] == 'x')
		return SHALE_OPAQUE_XWHITEOUTS;
	return SHALE_OPAQUE_NO;
}

int shale_opaque_get(int fd, enum shale_xattr_class class)
{
	char value[2];

	return opaque_of(
		shale_fgetxattr(fd, shale_overlay_xattr(class, "opaque"), value, sizeof(value)),
		value);
}

int shale_opaque_get_at(int dirfd, const char *name, enum shale_xattr_class class)
{
	char value[2];

	return opaque_of(shale_getxattr_at(dirfd, name, shale_overlay_xattr(class, "opaque"), value,
				 sizeof(value)),
		value);
}

int shale_opaque_set(int fd, enum shale_xattr_class class)
{
	return shale_fsetxattr(fd, shale_overlay_xattr(class, "opaque"), "y", 1, 0);
}

int shale_is_xattr_whiteout(int dirfd, const char *name, enum shale_xattr_class class)
{
	struct stat st;

	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) || st.st_size != 0)
		return 0;
	ssize_t n = shale_getxattr_at(dirfd, name, shale_overlay_xattr(class, "whiteout"), NULL, 0);
	if (n >= 0)
		return 1;
	/* A user. attribute of a file that may not be read is not to be had. */
	bool hidden = n == -EACCES && class == SHALE_XATTR_USER;
	return hidden || n == -ENODATA || n == -EOPNOTSUPP ? 0 : (int)n;
}

int shale_whiteout_make(int dirfd, const char *name)
{
	return sys(mknodat(dirfd, name, S_IFCHR, makedev(0, 0)));
}
