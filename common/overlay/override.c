/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/overlay/override.h"

#include "common/base/scope.h"
#include "common/base/starts_with.h"
#include "common/overlay/engine_marks.h"
#include "common/overlay/opath_xattr.h"

#include <stdatomic.h>
#include <string.h>
#include <sys/sysmacros.h>

static atomic_bool engine_name;

void override_keep_engine_name(void)
{
	atomic_store(&engine_name, true);
}

bool override_has_engine_name(void)
{
	return atomic_load(&engine_name);
}

static bool is_kept_elsewhere(const char *name)
{
	return starts_with(name, "security.") || starts_with(name, "system.posix_acl_");
}

int override_name(const char *name, char ret[OVERLAY_XATTR_NAME_MAX + 1])
{
	if (!is_kept_elsewhere(name))
		return 0;
	int n = snprintf(ret, OVERLAY_XATTR_NAME_MAX + 1, OVERRIDE_XATTR_PREFIX "%s", name);
	return n > OVERLAY_XATTR_NAME_MAX ? -ERANGE : 1;
}

bool override_is_reserved(const char *name)
{
	return starts_with(name, OVERRIDE_XATTR_PREFIX);
}

const char *override_shown(const char *disk)
{
	const char *name = disk + strlen(OVERRIDE_XATTR_PREFIX);

	if (override_is_reserved(disk))
		return is_kept_elsewhere(name) ? name : NULL;
	return is_kept_elsewhere(disk) && strcmp(disk, CAPABILITY_XATTR) != 0 ? NULL : disk;
}

static int parse_type(const char *type, mode_t *mode, dev_t *rdev)
{
	static const struct {
		const char *name;
		mode_t mode;
	} plain[] = { { "file", S_IFREG }, { "dir", S_IFDIR }, { "symlink", S_IFLNK },
		{ "pipe", S_IFIFO }, { "socket", S_IFSOCK } };
	unsigned int major_number, minor_number;
	char kind[8], rest;

	for (size_t i = 0; i < sizeof(plain) / sizeof(*plain); i++)
		if (!strcmp(type, plain[i].name)) {
			*mode = plain[i].mode;
			return 0;
		}
	if (sscanf(type, "%5[a-z]-%u-%u%c", kind, &major_number, &minor_number, &rest) != 3)
		return -EINVAL;
	if (strcmp(kind, "char") != 0 && strcmp(kind, "block") != 0)
		return -EINVAL;
	*mode = kind[0] == 'c' ? S_IFCHR : S_IFBLK;
	*rdev = makedev(major_number, minor_number);
	return 0;
}

int override_parse(const char *value, struct stat *st)
{
	unsigned int uid, gid, mode;
	int used = 0;
	mode_t type = st->st_mode & S_IFMT;
	dev_t rdev = st->st_rdev;

	/* fuse-overlayfs 1.10 also writes the bits of the type. It writes those of a regular file
	 * for any type, so ignore them. */
	if (sscanf(value, "%u:%u:%o%n", &uid, &gid, &mode, &used) != 3 || mode > (S_IFMT | 07777))
		return -EINVAL;
	mode &= 07777;
	if (value[used] == ':' && parse_type(value + used + 1, &type, &rdev) < 0)
		return -EINVAL;
	if (value[used] != ':' && value[used] != 0)
		return -EINVAL;
	/* Only a regular file can stand for another type. A directory or a symbolic link keeps its
	 * type. */
	if (S_ISREG(st->st_mode) && type != S_IFDIR && type != S_IFLNK) {
		st->st_mode = type;
		st->st_rdev = rdev;
	}
	st->st_uid = uid;
	st->st_gid = gid;
	st->st_mode = (st->st_mode & S_IFMT) | mode;
	return 0;
}

int override_apply(ssize_t n, char *value, struct stat *st)
{
	if (n == -ENODATA || n == -EOPNOTSUPP || n == -EPERM)
		return 0;
	if (n < 0)
		return n == -ERANGE ? -EINVAL : (int)n;
	value[n] = 0;
	return override_parse(value, st);
}

int override_get(int fd, struct stat *st)
{
	char value[128];

	ssize_t n = opath_xattr_get(fd, OVERRIDE_XATTR, value, sizeof(value) - 1);

	if (n == -ENODATA)
		n = opath_xattr_get(fd, ENGINE_OVERRIDE_XATTR, value, sizeof(value) - 1);
	return override_apply(n, value, st);
}

static void format_type(const struct stat *st, char *ret, size_t size)
{
	switch (st->st_mode & S_IFMT) {
	case S_IFDIR:
		snprintf(ret, size, "dir");
		break;
	case S_IFLNK:
		snprintf(ret, size, "symlink");
		break;
	case S_IFIFO:
		snprintf(ret, size, "pipe");
		break;
	case S_IFSOCK:
		snprintf(ret, size, "socket");
		break;
	case S_IFCHR:
	case S_IFBLK:
		snprintf(ret, size, "%s-%u-%u", S_ISCHR(st->st_mode) ? "char" : "block",
			major(st->st_rdev), minor(st->st_rdev));
		break;
	default:
		snprintf(ret, size, "file");
	}
}

int override_set(int fd, const struct stat *st)
{
	char type[48], value[128];

	format_type(st, type, sizeof(type));
	int n = snprintf(value, sizeof(value), "%u:%u:%04o:%s", st->st_uid, st->st_gid,
		st->st_mode & 07777, type);
	if (!override_has_engine_name())
		return opath_xattr_set(fd, OVERRIDE_XATTR, value, (size_t)n, 0);
	int r = opath_xattr_set(fd, ENGINE_OVERRIDE_XATTR, value, (size_t)n, 0);
	/* Remove the other xattr: a copy-up may have brought it, and override_get reads it first.
	 */

	if (r == 0)
		(void)opath_xattr_remove(fd, OVERRIDE_XATTR);
	return r;
}
