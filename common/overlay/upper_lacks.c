/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/overlay/upper_lacks.h"

#include "common/base/scope.h"
#include "common/overlay/aufs.h"
#include "common/overlay/opath.h"
#include "common/overlay/opath_xattr.h"
#include "common/overlay/whiteout.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/vfs.h>

/* Names in the work directory during a trial. */
#define FILE_NAME  "trial.file"
#define OTHER_NAME "trial.other"
#define DIR_NAME   "trial.directory"

static int make_file(int work, const char *name)
{
	auto_close int fd = sys(
		openat(work, name, O_CREAT | O_EXCL | O_RDWR | O_NOFOLLOW | O_CLOEXEC, 0600));

	return fd < 0 ? fd : 0;
}

static mode_t type_of(int work, const char *name)
{
	struct stat st;

	return fstatat(work, name, &st, AT_SYMLINK_NOFOLLOW) < 0 ? 0 : st.st_mode & S_IFMT;
}

static void clear(int work)
{
	static const char *const names[] = { FILE_NAME, OTHER_NAME, DIR_NAME };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (unlinkat(work, names[i], 0) < 0 && errno != ENOENT)
			(void)unlinkat(work, names[i], AT_REMOVEDIR);
}

/* When each trial begins, FILE_NAME is a file and DIR_NAME a directory. */

static bool tries_noreplace(int work, enum xattr_class class)
{
	(void)class;
	if (make_file(work, OTHER_NAME) < 0)
		return false;
	int taken = sys(renameat2(work, FILE_NAME, work, OTHER_NAME, RENAME_NOREPLACE));
	bool kept = type_of(work, FILE_NAME) == S_IFREG;
	(void)unlinkat(work, OTHER_NAME, 0);
	return taken == -EEXIST && kept &&
	       renameat2(work, FILE_NAME, work, OTHER_NAME, RENAME_NOREPLACE) == 0;
}

static bool tries_exchange(int work, enum xattr_class class)
{
	(void)class;
	return renameat2(work, FILE_NAME, work, DIR_NAME, RENAME_EXCHANGE) == 0 &&
	       type_of(work, FILE_NAME) == S_IFDIR && type_of(work, DIR_NAME) == S_IFREG;
}

static bool is_device_whiteout(int work, const char *name)
{
	struct stat st;

	return fstatat(work, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && stat_is_whiteout(&st);
}

static bool tries_rename_whiteout(int work, enum xattr_class class)
{
	(void)class;
	return renameat2(work, FILE_NAME, work, OTHER_NAME, RENAME_WHITEOUT) == 0 &&
	       is_device_whiteout(work, FILE_NAME) && type_of(work, OTHER_NAME) == S_IFREG;
}

static bool tries_device(int work, enum xattr_class class)
{
	(void)class;
	return whiteout_make(work, OTHER_NAME) == 0 && is_device_whiteout(work, OTHER_NAME);
}

/* Sets an ACL of owner, group and others alone, which must set the file's mode, too. A filesystem
 * without ACLs passes the trial: it refuses the call, so the user sees an error. */
static bool tries_acl_mode(int work, enum xattr_class class)
{
	static const unsigned char rw_only[] = { 2, 0, 0, 0, 1, 0, 6, 0, 255, 255, 255, 255, 4, 0,
		4, 0, 255, 255, 255, 255, 32, 0, 4, 0, 255, 255, 255, 255 };
	auto_close int fd = sys(openat(work, FILE_NAME, O_PATH | O_NOFOLLOW | O_CLOEXEC));
	struct stat st;

	(void)class;
	return fd < 0 || opath_xattr_set(fd, ACL_ACCESS, rw_only, sizeof(rw_only), 0) < 0 ||
	       (fstat(fd, &st) == 0 && (st.st_mode & 0777) == 0644);
}

static bool has_time(int work, const char *name, time_t seconds)
{
	struct stat st;

	return fstatat(work, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_mtim.tv_sec == seconds;
}

/* A filesystem without symbolic links passes this trial, because it refuses to make one. */
static bool tries_link_attrs(int work, enum xattr_class class)
{
	const struct timespec times[] = { { .tv_sec = 1 }, { .tv_sec = 1 } };

	(void)class;
	if (symlinkat(FILE_NAME, work, OTHER_NAME) < 0)
		return true;
	auto_close int fd = sys(openat(work, OTHER_NAME, O_PATH | O_NOFOLLOW | O_CLOEXEC));
	return fd >= 0 && opath_utimens(fd, times) == 0 && has_time(work, OTHER_NAME, 1) &&
	       !has_time(work, FILE_NAME, 1);
}

static bool tries_mark_files(int work, enum xattr_class class)
{
	(void)class;
	int made = aufs_hide(work, FILE_NAME);
	bool there = made == 1 && aufs_has_whiteout(work, FILE_NAME) == 1;
	aufs_unhide(work, FILE_NAME);
	return there;
}

static bool is_inode(int fd, int work, const char *name)
{
	struct stat st, named;

	return fstat(fd, &st) == 0 && fstatat(work, name, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
	       st.st_ino == named.st_ino && st.st_dev == named.st_dev;
}

static bool tries_tmpfile(int work, enum xattr_class class)
{
	(void)class;
	auto_close int fd = sys(openat(work, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));

	return fd >= 0 && opath_link(fd, work, OTHER_NAME) == 0 && is_inode(fd, work, OTHER_NAME);
}

static bool tries_links(int work, enum xattr_class class)
{
	(void)class;
	return linkat(work, FILE_NAME, work, OTHER_NAME, 0) == 0 &&
	       type_of(work, OTHER_NAME) == S_IFREG;
}

static bool is_number(int work, const char *name, ino_t number)
{
	struct stat st;

	return fstatat(work, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_ino == number;
}

/*
 * Whether a second name of a file has the file's inode number. A filesystem that invents numbers
 * gives it another one. Without hard links this cannot be tried; then trust only filesystems of the
 * kernel.
 */
static bool keeps_number_of_link(int work, ino_t number)
{
	struct statfs fs;

	if (linkat(work, FILE_NAME, work, OTHER_NAME, 0) < 0)
		return fstatfs(work, &fs) == 0 && fs.f_type != FUSE_SUPER_MAGIC;
	bool kept = is_number(work, OTHER_NAME, number);
	(void)unlinkat(work, OTHER_NAME, 0);
	return kept;
}

static bool tries_stable_ino(int work, enum xattr_class class)
{
	struct stat file, dir;

	(void)class;
	if (fstatat(work, FILE_NAME, &file, AT_SYMLINK_NOFOLLOW) < 0 ||
		fstatat(work, DIR_NAME, &dir, AT_SYMLINK_NOFOLLOW) < 0 ||
		!keeps_number_of_link(work, file.st_ino))
		return false;
	return renameat(work, FILE_NAME, work, OTHER_NAME) == 0 &&
	       is_number(work, OTHER_NAME, file.st_ino) &&
	       renameat(work, DIR_NAME, work, FILE_NAME) == 0 &&
	       is_number(work, FILE_NAME, dir.st_ino);
}

/* Opens the unlinked file, because its attributes alone may come out of a cache. */
static bool tries_unlinked(int work, enum xattr_class class)
{
	(void)class;
	auto_close int fd = sys(openat(work, FILE_NAME, O_PATH | O_NOFOLLOW | O_CLOEXEC));

	if (fd < 0 || unlinkat(work, FILE_NAME, 0) < 0)
		return false;
	auto_close int again = opath_reopen(fd, O_RDWR);
	struct stat st;
	return again >= 0 && fstat(fd, &st) == 0 && opath_chmod(fd, 0640) == 0;
}

static bool is_listed(int fd, const char *xattr)
{
	char names[4096];
	ssize_t n = opath_xattr_list(fd, names, sizeof(names));

	for (const char *name = names; n > 0 && name < names + n; name += strlen(name) + 1)
		if (!strcmp(name, xattr))
			return true;
	return n == -ERANGE;
}

/* A mark that is not listed would be overlooked: ntfs-3g lists no trusted xattrs. */
static bool keeps_xattr(int work, const char *name, const char *xattr)
{
	auto_close int fd = sys(openat(work, name, O_PATH | O_NOFOLLOW | O_CLOEXEC));
	char value[4];

	return fd >= 0 && opath_xattr_set(fd, xattr, "y", 1, 0) == 0 &&
	       opath_xattr_get(fd, xattr, value, sizeof(value)) == 1 && value[0] == 'y' &&
	       is_listed(fd, xattr);
}

static bool tries_xattrs(int work, enum xattr_class class)
{
	return keeps_xattr(work, FILE_NAME, overlay_xattr(class, "whiteout")) &&
	       keeps_xattr(work, DIR_NAME, overlay_xattr(class, "opaque"));
}

/* ASKED is true if even a well-known filesystem (ext4, xfs, btrfs, tmpfs) must be tried: the
 * feature depends on the kernel, on mount options, or on this process. */
static const struct {
	struct upper_lack_words words;
	bool (*tries)(int work, enum xattr_class class);
	bool asked;
} rows[] = {
	{ { LACKS_EXCHANGE, "RENAME_EXCHANGE", "names change places in three steps" },
		tries_exchange, true },
	{ { LACKS_DEVICE_0_0, "character devices 0/0", "whiteouts are files with a mark" },
		tries_device, true },
	{ { LACKS_XATTRS, "the overlay xattrs",
		  "whiteouts and opaque marks are .wh. files; redirect_dir and metacopy make "
		  "nothing" },
		tries_xattrs, true },
	{ { LACKS_NOREPLACE, "RENAME_NOREPLACE", "names are asked for first" }, tries_noreplace,
		false },
	{ { LACKS_RENAME_WHITEOUT, "RENAME_WHITEOUT", "a whiteout is made in a second step" },
		tries_rename_whiteout, false },
	{ { LACKS_TMPFILE, "O_TMPFILE", "copies are made under a name in the work directory" },
		tries_tmpfile, false },
	{ { LACKS_LINKS, "hard links", "removed files are moved into the work directory" },
		tries_links, false },
	{ { LACKS_STABLE_INO, "inode numbers that stay", "files are known by their names" },
		tries_stable_ino, false },
	{ { LACKS_UNLINKED, "files without a name",
		  "removed files keep a name in the work directory while they are open" },
		tries_unlinked, false },
	{ { LACKS_MARK_FILES, "files called .wh.NAME", "there must be another form of whiteouts" },
		tries_mark_files, false },
	{ { LACKS_LINK_ATTRS, "owners and times of symbolic links", "they cannot be set" },
		tries_link_attrs, false },
	{ { LACKS_ACL_MODE, "ACLs that count", "they cannot be set" }, tries_acl_mode, false },
};
#define N_ROWS (sizeof(rows) / sizeof(*rows))

const struct upper_lack_words *upper_lack_row(size_t i)
{
	return i < N_ROWS ? &rows[i].words : NULL;
}

/* Whether the upper layer is on one of the usual filesystems of the kernel. An ext2 has the number
 * of ext4, but it cannot exchange names. */
static bool is_well_known(int work)
{
	struct statfs fs;

	return fstatfs(work, &fs) == 0 &&
	       (fs.f_type == EXT4_SUPER_MAGIC || fs.f_type == XFS_SUPER_MAGIC ||
		       fs.f_type == BTRFS_SUPER_MAGIC || fs.f_type == TMPFS_MAGIC);
}

/* Adds the features that the trials of these rows find missing to *LACKS. */
static int try_rows(int work, enum xattr_class class, bool asked, int *lacks)
{
	int r = 0;

	for (size_t i = 0; i < N_ROWS && r == 0; i++) {
		if (rows[i].asked != asked)
			continue;
		r = make_file(work, FILE_NAME);
		if (r == 0)
			r = sys(mkdirat(work, DIR_NAME, 0700));
		if (r == 0 && !rows[i].tries(work, class))
			*lacks |= (int)rows[i].words.lack;
		clear(work);
	}
	return r;
}

int upper_lacks_find(int work, enum xattr_class class)
{
	int lacks = 0;
	int r = try_rows(work, class, true, &lacks);

	/* If a well-known filesystem lacks one of these features, it is not the filesystem that it
	 * seems to be, or a filter refuses the calls. Then try all features. */
	if (r == 0 && (lacks & (LACKS_EXCHANGE | LACKS_DEVICE_0_0) || !is_well_known(work)))
		r = try_rows(work, class, false, &lacks);
	return r < 0 ? r : lacks;
}
