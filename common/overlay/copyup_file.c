/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/overlay/copyup_file.h"

#include "common/base/scope.h"
#include "common/overlay/aufs.h"
#include "common/overlay/copy_data.h"
#include "common/overlay/opath.h"
#include "common/overlay/opath_xattr.h"
#include "common/overlay/chattr_flags.h"
#include "common/overlay/indexdir.h"
#include "common/overlay/metacopy.h"
#include "common/overlay/rename_flags.h"
#include "common/overlay/upper_lacks.h"
#include "common/overlay/whiteout.h"

#include <fcntl.h>
#include <string.h>

static int copy_xattr(int to, int from, const char *name)
{
	auto_free char *value = NULL;
	ssize_t n = opath_xattr_get_all(from, name, &value);

	if (n == -ENODATA)
		return 0;
	if (n < 0)
		return (int)n;
	return opath_xattr_set(to, name, value, (size_t)n, 0);
}

/*
 * Whether the xattr NAME may be lost after ERROR. A plain user cannot set a security. xattr, and an
 * upper filesystem may have no xattrs of that kind. Any other error must be reported: no other
 * xattr that the kernel's copy-up would keep may be lost in silence.
 */
static bool may_be_lost(const char *name, int error)
{
	bool acl = !strcmp(name, ACL_ACCESS) || !strcmp(name, ACL_DEFAULT);

	/* The kernel also keeps only the xattrs that the upper filesystem supports. */
	if (error == -EOPNOTSUPP)
		return !acl;
	return error == -EPERM && strncmp(name, "security.", 9) == 0;
}

/* Xattrs that are set last. When an ACL has set the mode, a plain user may be unable to set another
 * xattr. A change of the mode or the data removes capabilities. */
struct last_xattrs {
	bool acl, capability;
};

static int copy_first_xattrs(int to, int from, enum xattr_class class, struct last_xattrs *ret)
{
	auto_free char *names = NULL;
	ssize_t size = opath_xattr_list_all(from, &names);

	if (size == -EOPNOTSUPP)
		return 0;
	if (size < 0)
		return (int)size;
	for (char *name = names; name < names + size; name += strlen(name) + 1) {
		bool acl = !strcmp(name, ACL_ACCESS), capability = !strcmp(name, CAPABILITY_XATTR);
		ret->acl |= acl;
		ret->capability |= capability;
		if (acl || capability || xattr_is_own(class, name))
			continue;
		int r = copy_xattr(to, from, name);
		if (r < 0 && !may_be_lost(name, r))
			return r;
	}
	return 0;
}

static int copy_last_xattrs(int to, int from, const struct last_xattrs *last)
{
	int r = last->acl ? copy_xattr(to, from, ACL_ACCESS) : 0;

	return r == 0 && last->capability ? copy_xattr(to, from, CAPABILITY_XATTR) : r;
}

int copyup_copy_xattrs(int to, int from, enum xattr_class class)
{
	struct last_xattrs last = { 0 };
	int r = copy_first_xattrs(to, from, class, &last);

	return r < 0 ? r : copy_last_xattrs(to, from, &last);
}

/* Gives the copy TO the owner and group of the source. If this process may not set them, keeps its
 * own ids, but only where users do not see them: the mount shows a squashed id, or an xattr keeps
 * the real owner. */
static int copy_owner(const struct copyup_run *what, int to)
{
	const struct stat *st = what->st;
	bool any_uid = what->squashes_uid || what->overrides;
	bool any_gid = what->squashes_gid || what->overrides;
	int r = sys(fchownat(to, "", st->st_uid, st->st_gid, AT_EMPTY_PATH));

	if (r == -EPERM && any_uid)
		r = sys(fchownat(to, "", (uid_t)-1, st->st_gid, AT_EMPTY_PATH));
	if (r == -EPERM && any_gid)
		r = any_uid ? 0 : sys(fchownat(to, "", st->st_uid, (gid_t)-1, AT_EMPTY_PATH));
	return r;
}

/* Notes owner and mode of the source in the override xattr, unless the source had such an xattr. */
static int note_owner(const struct copyup_run *what, int to)
{
	struct stat now = *what->st;
	int r = override_has_engine_name() ? override_get(what->source, &now) : 0;

	if (r == 0 && override_has_engine_name())
		return override_set(to, &now);
	r = r < 0 ? r : sys(fstat(to, &now));
	if (r < 0 || (now.st_uid == what->st->st_uid && now.st_gid == what->st->st_gid) ||
		opath_xattr_get(to, OVERRIDE_XATTR, NULL, 0) >= 0)
		return r;
	r = override_set(to, what->st);
	/* Links and devices cannot have this xattr. The mount shows them as owned by this process's
	 * user. */
	return r == -EPERM && !S_ISREG(now.st_mode) && !S_ISDIR(now.st_mode) ? 0 : r;
}

static int make_opaque(const struct copyup_run *what, int to)
{
	return what->lacks & LACKS_XATTRS ? aufs_make_opaque(to) : opaque_set(to, what->class);
}

static int set_marks(const struct copyup_run *what, int to)
{
	int r = what->origin ? origin_set(to, what->class, what->origin) : 0;

	/* Links and devices cannot have user. xattrs, and so no origin mark: their inode number
	 * changes at the copy-up. */

	if (r < 0 && r != -EPERM && r != -EOPNOTSUPP)
		return r;
	r = what->more_links ? indexdir_set_links(to, what->class, INDEX_UPPER, what->more_links)
			     : 0;
	return r == 0 && what->opaque ? make_opaque(what, to) : r;
}

/*
 * Copies the metadata in an order that matters. The owner comes first, since chown clears setuid
 * and capabilities. The mode comes after the xattrs, which a plain user can set only on a file that
 * it may write to. The times come last.
 */
static int copy_metadata(const struct copyup_run *what, int to)
{
	const struct stat *st = what->st;
	const struct timespec times[] = { st->st_atim, st->st_mtim };
	struct last_xattrs last = { 0 };
	struct stat now;
	int r;

	if (S_ISLNK(st->st_mode) && what->lacks & LACKS_LINK_ATTRS)
		return 0;
	if (fstat(to, &now) < 0)
		return -errno;
	bool same = now.st_uid == st->st_uid && now.st_gid == st->st_gid;
	r = same ? 0 : copy_owner(what, to);
	if (r == 0 && !what->bare)
		r = copy_first_xattrs(to, what->source, what->class, &last);
	if (r == 0 && what->overrides && (!same || override_has_engine_name()))
		r = note_owner(what, to);
	if (r == 0)
		r = set_marks(what, to);
	if (r == 0 && (S_ISREG(st->st_mode) || S_ISDIR(st->st_mode)))
		r = chattr_flags_copy(to, what->source, what->class);
	if (r == 0)
		r = copy_last_xattrs(to, what->source, &last);
	/* A new file has its final permissions already, unless chown has cleared setuid or setgid,
	 * or an ACL has changed the mode. */
	bool has_mode = S_ISLNK(st->st_mode) ||
			(now.st_mode == st->st_mode && !last.acl && !(now.st_mode & 07000));
	if (r == 0 && !has_mode)
		r = opath_chmod(to, st->st_mode & 07777);
	return r < 0 ? r : opath_utimens(to, times);
}

/* Copies the data. Returns an enum copy_kind, or a negative errno. */
static int copyup_data(const struct copyup_run *what, int to)
{
	uint64_t size = (uint64_t)what->st->st_size;

	if (what->length < size)
		size = what->length;
	if (size == 0)
		return COPIED_NOTHING;
	return copy_data(to, what->data, what->data == what->source ? what->st : NULL, size,
		what->sync_mode);
}

/* Makes the copy a metacopy: gives it its size, but no data. */
static int mark_metacopy(const struct copyup_run *what, int to)
{
	int r = sys(ftruncate(to, what->st->st_size));

	return r < 0 ? r : metacopy_set(to, what->class);
}

static int fill_file(const struct copyup_run *what, int to)
{
	int copied = what->metacopy ? mark_metacopy(what, to) : copyup_data(what, to);
	int r = copied < 0 ? copied : copy_metadata(what, to);

	return r < 0 ? r : sync_before_link(to, what->sync_mode, (enum copy_kind)copied);
}

/* Completes a copy that gets no name in the upper layer: renames it to the name in WORK that keeps
 * it alive, or removes its name. */
static int take_name(const struct copyup_run *what, const char *temp)
{
	return what->kept ? sys(renameat(what->work, temp, what->work, what->kept))
			  : sys(unlinkat(what->work, temp, 0));
}

/* Copies up without O_TMPFILE: makes the file with a name in the work directory. After a crash the
 * next mount empties that directory. */
static int copy_up_named(const struct copyup_run *what)
{
	char temp[TEMP_NAME_MAX];

	tempname_make(temp);
	auto_close int to = sys(
		openat(what->work, temp, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600));
	if (to < 0)
		return to;
	int r = fill_file(what, to);
	if (r == 0 && what->name)
		r = rename_noreplace(what->work, temp, what->dir, what->name, what->lacks);
	if (r == 0 && !what->name)
		r = take_name(what, temp);
	if (r < 0)
		unlinkat(what->work, temp, 0);
	return r < 0 ? r : steal_fd(&to);
}

static int copy_up_open_file(const struct copyup_run *what)
{
	/* A plain user can set xattrs only with read and write permission (see copy_metadata). Root
	 * needs neither, and this mode saves it a chmod. */
	mode_t mode = (what->st->st_mode & 0777) | (geteuid() == 0 ? 0 : S_IRUSR | S_IWUSR);
	/* With O_EXCL the file can never get a name. */
	int excl = what->name ? 0 : O_EXCL;
	if (what->lacks & LACKS_TMPFILE || (what->kept && !what->name))
		return copy_up_named(what);
	auto_close int to = sys(
		openat(what->work, ".", O_TMPFILE | O_RDWR | O_CLOEXEC | excl, mode));

	if (to == -EOPNOTSUPP || to == -EISDIR || to == -EINVAL)
		return copy_up_named(what);
	if (to < 0)
		return to;
	int r = fill_file(what, to);
	if (r == 0 && what->name)
		r = opath_link(to, what->dir, what->name);
	return r < 0 ? r : steal_fd(&to);
}

/* Opens the source once, and reads data, xattrs and flags through this descriptor. */
static int copy_up_file(const struct copyup_run *what)
{
	struct copyup_run opened = *what;

	if (what->metacopy || !what->length || !what->st->st_size)
		return copy_up_open_file(what);
	/* The source is known to be a regular file. */
	auto_close int data = what->data == what->source
				      ? fd_reopen_file(what->data, O_RDONLY | O_NOATIME)
				      : opath_reopen(what->data, O_RDONLY | O_NOATIME);
	if (data < 0)
		return data;
	opened.data = data;
	if (what->data == what->source)
		opened.source = data;
	return copy_up_open_file(&opened);
}

static int make_in_work(const struct copyup_run *what, const char *temp)
{
	const struct stat *st = what->st;

	if (S_ISDIR(st->st_mode))
		return sys(mkdirat(what->work, temp, 0700));
	if (!S_ISLNK(st->st_mode))
		return sys(mknodat(what->work, temp, (st->st_mode & S_IFMT) | 0600, st->st_rdev));
	auto_free char *target = malloc((size_t)st->st_size + 1);
	if (!target)
		return -ENOMEM;
	ssize_t n = readlinkat(what->source, "", target, (size_t)st->st_size + 1);
	if (n < 0)
		return -errno;
	if (n > st->st_size)
		return -EIO;
	target[n] = 0;
	return sys(symlinkat(target, what->work, temp));
}

static int copy_up_by_rename(const struct copyup_run *what, const char *temp)
{
	struct stat lent = *what->st;
	struct copyup_run made = *what;
	int r = make_in_work(what, temp);

	if (r < 0)
		return r;
	/* Only a process that may write to a directory can move it to another parent, because the
	 * move changes "..". */
	if (S_ISDIR(lent.st_mode) && geteuid() != 0)
		lent.st_mode |= S_IWUSR;
	made.st = &lent;
	auto_close int to = sys(openat(what->work, temp, O_PATH | O_NOFOLLOW | O_CLOEXEC));
	r = to < 0 ? to : copy_metadata(&made, to);
	if (r == 0)
		r = what->replace
			    ? rename_swap(what->work, temp, what->dir, what->name, what->lacks)
			    : rename_noreplace(
				      what->work, temp, what->dir, what->name, what->lacks);
	if (r < 0)
		unlinkat(what->work, temp, S_ISDIR(what->st->st_mode) ? AT_REMOVEDIR : 0);
	else if (lent.st_mode != what->st->st_mode)
		r = opath_chmod(to, what->st->st_mode & 07777);
	return r < 0 ? r : steal_fd(&to);
}

/* Makes the copy without a name. Links, fifos and devices can only be made with one, so makes it in
 * the work directory and removes the name. */
static int copy_up_nameless(const struct copyup_run *what)
{
	char temp[TEMP_NAME_MAX];

	if (S_ISREG(what->st->st_mode))
		return copy_up_file(what);
	if (S_ISDIR(what->st->st_mode))
		return -ENOTDIR;
	tempname_make(temp);
	int r = make_in_work(what, temp);
	if (r < 0)
		return r;
	auto_close int to = sys(openat(what->work, temp, O_PATH | O_NOFOLLOW | O_CLOEXEC));
	r = to < 0 ? to : copy_metadata(what, to);
	if (r == 0)
		r = take_name(what, temp);
	if (r < 0)
		unlinkat(what->work, temp, 0);
	return r < 0 ? r : steal_fd(&to);
}

/* Restores the times of the directory, which a new name changes. Copy-up is not a change by the
 * user, and the kernel restores the times, too. */
static void restore_times(int dir, const struct stat *st)
{
	const struct timespec times[] = { st->st_atim, st->st_mtim };

	/* DIR is mostly an O_PATH descriptor, which futimens(2) refuses. */
	if (utimensat(dir, "", times, AT_EMPTY_PATH) < 0)
		(void)opath_utimens(dir, times);
}

int copyup_run(const struct copyup_run *what, char ret_old[TEMP_NAME_MAX])
{
	char temp[TEMP_NAME_MAX];
	struct stat parent;

	if (!what->name)
		return copy_up_nameless(what);
	if (fstat(what->dir, &parent) < 0)
		return -errno;
	tempname_make(temp);
	int fd = S_ISREG(what->st->st_mode) ? copy_up_file(what) : copy_up_by_rename(what, temp);
	if (fd < 0)
		return fd;
	restore_times(what->dir, &parent);
	if (what->replace)
		memcpy(ret_old, temp, sizeof(temp));
	return fd;
}

/* Copies the data and sets the size. Then restores capabilities and times, which the write has
 * changed: the user has not written. Returns an enum copy_kind, or a negative errno. */
static int copy_all_but_mark(
	int to, int from, uint64_t length, const struct stat *st, enum sync_mode sync_mode)
{
	auto_free char *capability = NULL;
	const struct timespec times[] = { st->st_atim, st->st_mtim };
	ssize_t n = opath_xattr_get_all(to, CAPABILITY_XATTR, &capability);
	int copied = copy_data(to, from, NULL, length, sync_mode);
	int r = copied < 0 ? copied : sys(ftruncate(to, st->st_size));

	if (r == 0 && n >= 0)
		r = opath_xattr_set(to, CAPABILITY_XATTR, capability, (size_t)n, 0);
	if (r == 0)
		r = sys(futimens(to, times));
	return r < 0 ? r : copied;
}

int copyup_fill_metacopy(
	int to, int data, uint64_t length, enum xattr_class class, enum sync_mode sync_mode)
{
	struct stat st;
	auto_close int from = opath_reopen(data, O_RDONLY | O_NOATIME);

	if (from < 0 || fstat(to, &st) < 0)
		return from < 0 ? from : -errno;
	if (length > (uint64_t)st.st_size)
		length = (uint64_t)st.st_size;
	int copied = copy_all_but_mark(to, from, length, &st, sync_mode);
	bool cut = length < (uint64_t)st.st_size;
	if (copied >= 0 && cut && ftruncate(to, (off_t)length) < 0)
		copied = -errno;
	/* A file without the metacopy mark must have its data, even after a power cut. So sync
	 * before the mark is removed. */
	int r = copied < 0 ? copied : sync_before_link(to, sync_mode, (enum copy_kind)copied);
	if (r >= 0)
		r = metacopy_remove(to, class);
	/* After a failure the file keeps the mark, so it must have its old size again. */
	if (r < 0 && cut)
		(void)ftruncate(to, st.st_size);
	return r;
}
