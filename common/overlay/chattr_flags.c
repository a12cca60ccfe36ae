/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/overlay/chattr_flags.h"

#include "common/base/scope.h"
#include "common/overlay/opath.h"
#include "common/overlay/opath_xattr.h"

#include <fcntl.h>
#include <stdbool.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#define COPIED_FL (FS_SYNC_FL | FS_NOATIME_FL)

int chattr_flags_stat_at(int dirfd, const char *name, struct stat *ret, bool *ret_protected)
{
	enum { PROTECTED = STATX_ATTR_IMMUTABLE | STATX_ATTR_APPEND };
	struct statx st;

	*ret_protected = true;
	if (statx(dirfd, name, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &st) < 0) {
		/* statx is missing (before Linux 4.11), or a seccomp filter refuses it: use
		 * fstatat. */
		if (errno != ENOSYS && errno != EPERM)
			return -errno;
		return sys(fstatat(dirfd, name, ret, AT_SYMLINK_NOFOLLOW));
	}
	*ret_protected = st.stx_attributes & PROTECTED;
	*ret = (struct stat){ .st_dev = makedev(st.stx_dev_major, st.stx_dev_minor),
		.st_ino = st.stx_ino,
		.st_mode = st.stx_mode,
		.st_nlink = st.stx_nlink,
		.st_uid = st.stx_uid,
		.st_gid = st.stx_gid,
		.st_rdev = makedev(st.stx_rdev_major, st.stx_rdev_minor),
		.st_size = (off_t)st.stx_size,
		.st_blksize = (blksize_t)st.stx_blksize,
		.st_blocks = (blkcnt_t)st.stx_blocks,
		.st_atim = { st.stx_atime.tv_sec, st.stx_atime.tv_nsec },
		.st_mtim = { st.stx_mtime.tv_sec, st.stx_mtime.tv_nsec },
		.st_ctim = { st.stx_ctime.tv_sec, st.stx_ctime.tv_nsec } };
	return 0;
}

/* Whether the filesystem has flags. erofs sets the immutable attribute in statx(2) for all its
 * files, but has no flags, and overlayfs asks for the flags. */
static bool has_flags(int fd, const struct statx *st)
{
	int flags;

	if (!S_ISREG(st->stx_mode) && !S_ISDIR(st->stx_mode))
		return true;
	auto_close int opened = opath_reopen(fd, O_RDONLY);
	return opened < 0 || ioctl(opened, FS_IOC_GETFLAGS, &flags) == 0;
}

static int own_protection(int fd)
{
	enum { PROTECTED = STATX_ATTR_IMMUTABLE | STATX_ATTR_APPEND };
	struct statx st;

	if (statx(fd, "", AT_EMPTY_PATH, STATX_TYPE, &st) < 0)
		return -errno;
	if (!(st.stx_attributes & PROTECTED) || !has_flags(fd, &st))
		return 0;
	return (st.stx_attributes & STATX_ATTR_IMMUTABLE ? FS_IMMUTABLE_FL : 0) |
	       (st.stx_attributes & STATX_ATTR_APPEND ? FS_APPEND_FL : 0);
}

/* Reads the letters of the xattr, up to the first unknown one. */
static int protection_in(const char *text, ssize_t size)
{
	int flags = 0;

	for (ssize_t i = 0; i < size; i++) {
		if (text[i] == 'i')
			flags |= FS_IMMUTABLE_FL;
		else if (text[i] == 'a')
			flags |= FS_APPEND_FL;
		else
			break;
	}
	return flags;
}

int chattr_flags_protection(int fd, bool upper, enum xattr_class class)
{
	char text[32];
	int flags = own_protection(fd);

	if (flags < 0 || !upper)
		return flags;
	ssize_t n = opath_xattr_get(fd, overlay_xattr(class, "protattr"), text, sizeof(text));
	if (n < 0 && n != -ENODATA && n != -EOPNOTSUPP)
		return (int)n;
	return flags | protection_in(text, n);
}

int chattr_flags_set_protection(int fd, int flags, enum xattr_class class)
{
	const char *name = overlay_xattr(class, "protattr");
	char text[2];
	size_t n = 0;

	if (flags & FS_APPEND_FL)
		text[n++] = 'a';
	if (flags & FS_IMMUTABLE_FL)
		text[n++] = 'i';
	int r = n ? opath_xattr_set(fd, name, text, n, 0) : opath_xattr_remove(fd, name);
	if (!n)
		return r == -ENODATA || r == -EOPNOTSUPP ? 0 : r;
	return r == -EOPNOTSUPP ? -EPERM : r;
}

/* Copies the flags that can be copied. Ignores failures: not every filesystem has flags, and the
 * process may not be allowed to read the file. */
static void copy_others(int to, int flags)
{
	int now;
	auto_close int fd = opath_reopen(to, O_RDONLY);

	if (fd < 0 || ioctl(fd, FS_IOC_GETFLAGS, &now) < 0)
		return;
	now = (now & ~COPIED_FL) | (flags & COPIED_FL);
	(void)ioctl(fd, FS_IOC_SETFLAGS, &now);
}

static bool get_flags(int fd, int *ret)
{
	if (ioctl(fd, FS_IOC_GETFLAGS, ret) == 0)
		return true;
	if (errno != EBADF)
		return false;
	auto_close int opened = opath_reopen(fd, O_RDONLY);
	return opened >= 0 && ioctl(opened, FS_IOC_GETFLAGS, ret) == 0;
}

int chattr_flags_copy(int to, int from, enum xattr_class class)
{
	int flags = 0, r = 0;

	if (!get_flags(from, &flags))
		return 0;
	if (flags & PROTECTED_FL)
		r = chattr_flags_set_protection(to, flags, class);
	if (flags & COPIED_FL)
		copy_others(to, flags);
	return r == -EPERM ? 0 : r;
}
