/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/overlay/convert_upper.h"

#include "common/base/error.h"
#include "common/base/scope.h"
#include "common/base/starts_with.h"
#include "common/base/treewalk.h"
#include "common/overlay/aufs.h"
#include "common/overlay/engine_marks.h"
#include "common/overlay/opath.h"
#include "common/overlay/opath_xattr.h"
#include "common/overlay/override.h"
#include "common/overlay/tempname.h"
#include "common/overlay/whiteout.h"

#include <fcntl.h>
#include <string.h>

struct conversion {
	enum xattr_class class;
	long changed;
	struct shale_error *err;
};

static int open_name(int dirfd, const char *name)
{
	return sys(openat(dirfd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC));
}

static int mark_opaque(const struct conversion *conversion, int dirfd, const char *name)
{
	auto_close int fd = open_name(dirfd, name);

	return fd < 0 ? fd : opaque_set(fd, conversion->class);
}

/* Tells whether the directory is opaque, or will be when its mark is converted. */
static int is_opaque(const struct conversion *conversion, int dirfd)
{
	int opaque = opaque_get(dirfd, conversion->class);

	return opaque < 0 ? opaque : opaque == OPAQUE_YES ? 1 : engine_is_opaque(dirfd, ".");
}

/* Makes a whiteout for NAME. Some hosts allow no device 0/0: a plain user before Linux 5.8, or an
 * upper layer on an overlay. Then an empty file with the whiteout xattr hides NAME. Such a file
 * counts only in a directory with the mark "x". An opaque directory has the mark "y" instead, and
 * needs no whiteouts. */
static int make_whiteout(const struct conversion *conversion, int dirfd, const char *name)
{
	struct stat st;
	int r = whiteout_make(dirfd, name);

	if (r != -EPERM)
		return r;
	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return -EEXIST;
	r = is_opaque(conversion, dirfd);
	if (r != 0)
		return r < 0 ? r : 0;
	r = whiteout_make_marked(dirfd, name, conversion->class);
	return r < 0 ? r : xwhiteouts_set(dirfd, conversion->class);
}

/* Converts one mark. Makes the new mark before it removes the old one, so that lower names never
 * show. */
static int convert_mark(const struct conversion *conversion, int dirfd, const char *mark)
{
	const char *hidden = aufs_hidden(mark);
	struct stat st;
	int r;

	if (engine_mark_is_opaque(mark)) {
		r = mark_opaque(conversion, dirfd, ".");
	} else {
		r = make_whiteout(conversion, dirfd, hidden);
		if (r == -EEXIST)
			r = sys(fstatat(dirfd, hidden, &st, AT_SYMLINK_NOFOLLOW));
		else
			st.st_mode = 0;
		if (r == 0 && S_ISDIR(st.st_mode))
			r = mark_opaque(conversion, dirfd, hidden);
	}
	return r < 0 ? r : sys(unlinkat(dirfd, mark, 0));
}

static int convert_opaque_xattr(const struct conversion *conversion, int fd)
{
	char value[2];
	ssize_t n = opath_xattr_get(fd, ENGINE_OPAQUE_XATTR, value, sizeof(value));

	if (n != 1 || value[0] != 'y')
		return 0;
	int r = opaque_set(fd, conversion->class);
	if (r == 0)
		r = opath_xattr_remove(fd, ENGINE_OPAQUE_XATTR);
	return r < 0 ? r : 1;
}

static int make_special(int dirfd, const struct stat *want, char ret_temp[TEMP_NAME_MAX])
{
	enum { MOST_TRIES = 100 };
	int r = -EEXIST;

	for (int tries = 0; r == -EEXIST && tries < MOST_TRIES; tries++) {
		tempname_make(ret_temp);
		r = sys(mknodat(dirfd, ret_temp, (want->st_mode & S_IFMT) | 0600, want->st_rdev));
	}
	return r;
}

/* Replaces a regular file by the pipe, socket or device that it stands for. */
static int replace_by_special(int dirfd, const char *name, const struct stat *want)
{
	const struct timespec times[] = { want->st_atim, want->st_mtim };
	char temp[TEMP_NAME_MAX];
	int r = make_special(dirfd, want, temp);

	if (r < 0)
		return r;
	auto_close int fd = open_name(dirfd, temp);
	r = fd < 0 ? fd : sys(fchownat(fd, "", want->st_uid, want->st_gid, AT_EMPTY_PATH));
	if (r == 0)
		r = opath_chmod(fd, want->st_mode & 07777);
	if (r == 0)
		r = opath_utimens(fd, times);
	if (r == 0)
		r = sys(renameat(dirfd, temp, dirfd, name));
	if (r < 0)
		unlinkat(dirfd, temp, 0);
	return r;
}

/* fuse-overlayfs keeps xattrs that it cannot set under names with a prefix. Removes the prefix.
 * Returns the first error. */
static int convert_kept_xattrs(int fd)
{
	auto_free char *names = NULL;
	ssize_t size = opath_xattr_list_all(fd, &names);
	int r = 0;

	for (char *name = names; r == 0 && size > 0 && name < names + size;
		name += strlen(name) + 1) {
		auto_free char *value = NULL;
		const char *shown = override_is_reserved(name) ? override_shown(name) : NULL;
		if (!shown)
			continue;
		ssize_t n = opath_xattr_get_all(fd, name, &value);
		r = n < 0 ? (int)n : opath_xattr_set(fd, shown, value, (size_t)n, 0);
		if (r == 0)
			r = opath_xattr_remove(fd, name);
	}
	return r;
}

static int remove_xattr(int fd, const char *name)
{
	int r = opath_xattr_remove(fd, name);

	return r == -ENODATA || r == -EOPNOTSUPP || r == -EPERM ? 0 : r;
}

static int convert_owner(int dirfd, const char *name, int fd, const struct stat *st)
{
	struct stat want = *st;
	bool kept = opath_xattr_get(fd, OVERRIDE_XATTR, NULL, 0) >= 0 ||
		    opath_xattr_get(fd, ENGINE_OVERRIDE_XATTR, NULL, 0) >= 0;
	int r = kept ? override_get(fd, &want) : 0;

	if (r < 0 || !kept)
		return r;
	if ((want.st_mode & S_IFMT) != (st->st_mode & S_IFMT)) {
		r = replace_by_special(dirfd, name, &want);
		return r < 0 ? r : 1;
	}
	r = sys(fchownat(fd, "", want.st_uid, want.st_gid, AT_EMPTY_PATH));
	if (r == 0)
		r = opath_chmod(fd, want.st_mode & 07777);
	if (r == 0)
		r = convert_kept_xattrs(fd);
	if (r == 0)
		r = remove_xattr(fd, OVERRIDE_XATTR);
	if (r == 0)
		r = remove_xattr(fd, ENGINE_OVERRIDE_XATTR);
	return r < 0 ? r : 1;
}

static int convert_inode(
	const struct conversion *conversion, int dirfd, const char *name, const struct stat *st)
{
	auto_close int fd = open_name(dirfd, name);

	if (fd < 0)
		return fd;
	int opaque = S_ISDIR(st->st_mode) ? convert_opaque_xattr(conversion, fd) : 0;
	int origin = opath_xattr_get(fd, ENGINE_ORIGIN_XATTR, NULL, 0) >= 0;
	int r = opaque < 0 ? opaque : origin ? remove_xattr(fd, ENGINE_ORIGIN_XATTR) : 0;
	int owner = r < 0 ? r : convert_owner(dirfd, name, fd, st);
	return owner < 0 ? owner : owner || opaque || origin;
}

static int convert_name(const struct conversion *conversion, int dirfd, const char *name)
{
	struct stat st;

	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : -errno;
	bool beside_opaque = !strcmp(name, ".wh..opq") && stat_is_whiteout(&st);
	int r;
	if (engine_mark_is(name, &st))
		r = convert_mark(conversion, dirfd, name);
	else if (beside_opaque)
		r = sys(unlinkat(dirfd, name, 0));
	else
		return convert_inode(conversion, dirfd, name, &st);
	return r < 0 ? r : 1;
}

static int convert_at(void *arg, const struct treewalk_name *at)
{
	struct conversion *conversion = arg;
	int r = convert_name(conversion, at->dirfd, at->name);

	if (r == -EPERM)
		error_remedy(conversion->err, 0,
			"Owners and devices need root, or 'shale unshare' for a user's layers.");
	if (r < 0)
		return error_fail(conversion->err, r, "convert '%s'", at->path);
	conversion->changed += r;
	return 0;
}

long convert_upper(const char *dir, enum xattr_class class, struct shale_error *err)
{
	struct conversion conversion = { .class = class, .err = err };
	const struct treewalk walk = { .fn = convert_at, .arg = &conversion };
	auto_close int root = sys(open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC));

	if (root < 0)
		return error_fail(err, root, "open '%s'", dir);
	int r = treewalk_run(&walk, root);
	if (r < 0)
		return err->text[0] ? r : error_fail(err, r, "walk through '%s'", dir);
	r = convert_name(&conversion, root, ".");
	if (r < 0)
		return error_fail(err, r, "convert '%s'", dir);
	return conversion.changed + r;
}
