/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/merge/change/change.h"
#include "fuse/merge/descriptors/limits.h"
#include "fuse/merge/attr/chattr.h"
#include "fuse/merge/attr/privileges.h"
#include "fuse/merge/attr/xattrs.h"
#include "fuse/merge/lookup/enter.h"

#include "common/base/scope.h"
#include "common/overlay/opath.h"
#include "common/overlay/opath_xattr.h"
#include "common/overlay/override.h"
#include "common/overlay/rename_flags.h"
#include "common/overlay/whiteout.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>

/* A new inode, with owner and mode as they will be on the disk. */
struct plan {
	struct fs *fs;
	const struct creation *what;
	mode_t mode;
	uid_t uid;
	gid_t gid;
	/* The right owner comes by itself, when the inode is created: this daemon's user, and its
	 * group or that of a setgid directory. */
	bool owned;
	bool opaque;
	mode_t lent; /* mode bits that a new directory has only until it gets its name */
	int flags;   /* chattr flags that the new file inherits from its directory */
	char *acl;   /* default ACL of the directory; NULL: none */
	ssize_t acl_size;
};

static bool overrides(const struct fs *fs)
{
	return fs->options.ownership == OWNERSHIP_OVERRIDE;
}

static void free_plan(struct plan *plan)
{
	free(plan->acl);
}
#define auto_plan __attribute__((cleanup(free_plan)))

/* Whether CALLER can own a new file. Without id maps every caller can. An engine creates files in a
 * container's tree as this daemon's user, whom the map need not contain. Any other user needs an id
 * in the map. */
static bool may_own(const struct fs *fs, const struct caller *caller, const struct stat *dir)
{
	const struct idmaps *ids = &fs->options.ids;

	if (caller->uid == fs->uid)
		return true;
	return idmap_to_disk(ids->uids, caller->uid) >= 0 &&
	       (dir->st_mode & S_ISGID || idmap_to_disk(ids->gids, caller->gid) >= 0);
}

static int make_plan(
	struct fs *fs, const struct upper_dir *dir, const struct creation *what, struct plan *ret)
{
	struct stat st;

	if (fstat(dir->ref.fd, &st) < 0)
		return -errno;
	if (overrides(fs) && override_get(dir->ref.fd, &st) < 0)
		return -EIO;
	if (!may_own(fs, &what->caller, &st))
		return -EOVERFLOW;
	*ret = (struct plan){ .fs = fs,
		.what = what,
		.mode = what->mode,
		.uid = idmap_owner(fs->options.ids.uids, what->caller.uid),
		.gid = idmap_owner(fs->options.ids.gids, what->caller.gid) };
	/* Ask through the node: it remembers if it has no default ACL. */
	ret->acl_size = xattrs_get_raw(fs, dir->node, ACL_DEFAULT, NULL, 0);
	if (ret->acl_size > 0) {
		int r = xattr_ids_check(&fs->options.ids, ACL_DEFAULT, dir->ref.fd);
		if (r < 0)
			return r;
	}
	if (ret->acl_size != -ENODATA)
		ret->acl_size = opath_xattr_get_all(dir->ref.fd, ACL_DEFAULT, &ret->acl);
	if (ret->acl_size < 0 && !S_ISLNK(what->mode))
		ret->mode &= ~what->caller.umask;
	if (st.st_mode & S_ISGID) {
		ret->gid = st.st_gid;
		if (S_ISDIR(what->mode))
			ret->mode |= S_ISGID;
	}
	ret->owned = !overrides(fs) && ret->uid == fs->uid &&
		     (ret->gid == fs->gid || st.st_mode & S_ISGID);
	return 0;
}

/* Makes the inode. If RET_FILE is not NULL, keeps a regular file open in it, because most new files
 * are written next. */
static int make(const struct plan *plan, bool override, int dirfd, const char *name, int *ret_file)
{
	mode_t type = plan->mode & S_IFMT, mode = plan->mode & 07777;

	if (S_ISLNK(type))
		return sys(symlinkat(plan->what->target, dirfd, name));
	if (override)
		mode |= 0700;
	if (S_ISDIR(type))
		return sys(mkdirat(dirfd, name, mode | plan->lent));
	if (override)
		return sys(mknodat(dirfd, name, S_IFREG | mode, 0));
	if (S_ISREG(type) && ret_file) {
		*ret_file = with_room(plan->fs,
			sys(openat(dirfd, name, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, mode)));
		return *ret_file < 0 ? *ret_file : 0;
	}
	return sys(mknodat(dirfd, name, type | mode, plan->what->rdev));
}

static int set_override(const struct plan *plan, int fd)
{
	struct stat st = { .st_mode = plan->mode,
		.st_uid = plan->uid,
		.st_gid = plan->gid,
		.st_rdev = plan->what->rdev };
	int r = override_set(fd, &st);

	/* A symbolic link cannot have user. xattrs: the mount shows it as owned by this daemon's
	 * user. */
	return S_ISLNK(plan->mode) && r < 0 ? 0 : r;
}

/* Sets owner and mode of a new inode, unless it was created with them. */
static int finish(struct fs *fs, const struct plan *plan, int dirfd, const char *name)
{
	auto_close int fd = with_room(
		fs, sys(openat(dirfd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC)));
	int r = fd < 0 ? fd : 0;

	if (r == 0 && overrides(fs))
		r = set_override(plan, fd);
	else if (r == 0 && !plan->owned && !(S_ISLNK(plan->mode) && fs->lacks & LACKS_LINK_ATTRS))
		r = sys(fchownat(fd, "", plan->uid, plan->gid, AT_EMPTY_PATH));
	/* Set the mode again: chown has cleared setuid, and a directory made in the work directory
	 * has not inherited setgid. */
	bool special = plan->mode & (S_ISUID | S_ISGID);
	if (r == 0 && special && !overrides(fs) && !S_ISLNK(plan->mode)) {
		struct stat st;
		r = sys(fstat(fd, &st));
		if (r == 0)
			r = opath_chmod(fd, (st.st_mode & 0777) | (plan->mode & 07000));
	}
	/* A default ACL may have removed the owner's right to write, which the mark needs. */
	if (r == 0 && plan->opaque)
		r = with_loan(&fs->loans, fd, S_IWUSR, upper_whiteout_set_opaque(fs, fd));
	return r;
}

static void take_back(const struct plan *plan, int dirfd, const char *name)
{
	unlinkat(dirfd, name, S_ISDIR(plan->mode) ? AT_REMOVEDIR : 0);
}

static int make_and_finish(struct fs *fs, const struct plan *plan, int dirfd, const char *name)
{
	int r = make(plan, overrides(fs), dirfd, name, NULL);

	if (r < 0)
		return r;
	r = finish(fs, plan, dirfd, name);
	if (r < 0)
		take_back(plan, dirfd, name);
	return r;
}

/* Where a new inode is made before it gets its name: in the work directory, or in a stand-in
 * directory there. */
struct draft {
	int dirfd;
	const char *name;
	bool directory;
};

/* Moves the inode to NAME, where nothing or a whiteout lies. */
static int put_in_place(const struct fs *fs, const struct draft *draft, int dirfd, const char *name)
{
	int r = rename_noreplace(draft->dirfd, draft->name, dirfd, name, fs->lacks);

	if (r != -EEXIST)
		return r;
	int whiteout = upper_whiteout_is(fs, dirfd, name);
	if (whiteout <= 0)
		return whiteout < 0 ? whiteout : -EEXIST;
	if (!draft->directory)
		return sys(renameat(draft->dirfd, draft->name, dirfd, name));
	r = rename_swap(draft->dirfd, draft->name, dirfd, name, fs->lacks);
	if (r == 0)
		unlinkat(draft->dirfd, draft->name, 0);
	return r;
}

/* A filesystem lets a new file inherit a default ACL and flags only from the directory in which it
 * is made. Makes a stand-in in WORK with the same default ACL and flags as the file's own
 * directory. */
static int make_stand_in(struct fs *fs, const struct plan *plan, const char *name)
{
	if (mkdirat(fs->work, name, 0700) < 0)
		return -errno;
	auto_close int fd = with_room(
		fs, sys(openat(fs->work, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC)));
	int r = fd < 0 ? fd : 0, flags;
	if (r == 0 && plan->acl_size > 0)
		r = opath_xattr_set(fd, ACL_DEFAULT, plan->acl, (size_t)plan->acl_size, 0);
	/* Ignore a failure, because the flags are only hints. */
	if (plan->flags && fd >= 0 && ioctl(fd, FS_IOC_GETFLAGS, &flags) == 0) {
		flags |= plan->flags;
		(void)ioctl(fd, FS_IOC_SETFLAGS, &flags);
	}
	if (r < 0)
		unlinkat(fs->work, name, AT_REMOVEDIR);
	return r < 0 ? r : steal_fd(&fd);
}

/* Returns mode bits to lend to a new directory. Without privileges this daemon can mark or move a
 * directory only if its mode allows to write to it. */
static mode_t lend(const struct fs *fs, const struct plan *plan)
{
	return S_ISDIR(plan->mode) && fs->uid != 0 && !overrides(fs) ? S_IWUSR & ~plan->mode : 0;
}

static int take_lent(struct fs *fs, const struct plan *plan, int dirfd, const char *name)
{
	if (!plan->lent)
		return 0;
	auto_close int fd = sys(openat(dirfd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC));
	int r = fd < 0 ? fd : privileges_clear_mode(fs, fd, plan->lent);
	return r < 0 ? r : 0;
}

/* A default ACL may have removed the owner's right to write to the new directory. Lends that
 * right. */
static void lend_made(
	struct fs *fs, const struct plan *plan, int dirfd, const char *name, struct loan *ret)
{
	if (!S_ISDIR(plan->mode) || plan->acl_size <= 0 || !fs->loans.likely)
		return;
	auto_close int fd = sys(openat(dirfd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC));
	if (fd >= 0)
		loan_take_dir(&fs->loans, fd, ret);
}

/* Makes the inode in the work directory and renames it, so that no incomplete inode ever has a name
 * in upper. */
static int create_by_rename(struct fs *fs, struct plan *plan, int dirfd, const char *name)
{
	char temp[TEMP_NAME_MAX], nest[TEMP_NAME_MAX];
	auto_close int inner = -1;
	int work = fs->work, r;

	tempname_make(temp);
	tempname_make(nest);
	if (plan->acl_size > 0 || plan->flags) {
		work = inner = make_stand_in(fs, plan, nest);
		if (inner < 0)
			return inner;
	}
	plan->lent = lend(fs, plan);
	r = make_and_finish(fs, plan, work, temp);
	if (r == 0) {
		auto_loan struct loan loan = LOAN_NONE;
		struct draft draft = { work, temp, S_ISDIR(plan->mode) };
		lend_made(fs, plan, work, temp, &loan);
		r = put_in_place(fs, &draft, dirfd, name);
		if (r < 0)
			take_back(plan, work, temp);
		else
			r = take_lent(fs, plan, dirfd, name);
	}
	if (inner >= 0)
		unlinkat(fs->work, nest, AT_REMOVEDIR);
	return r;
}

/* Marks a new directory opaque. A failure is no error: no lower layer shows in the directory yet.
 * But the directory must not be renamed to another name then. */
static bool mark_opaque(struct fs *fs, int dirfd, const char *name)
{
	auto_close int fd = with_room(
		fs, sys(openat(dirfd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC)));

	return fd >= 0 && upper_whiteout_set_opaque(fs, fd) == 0;
}

static int create_in(struct fs *fs, struct plan *plan, const struct upper_dir *dir,
	const char *name, int *ret_file)
{
	/* Mark a new directory opaque in advance: with redirects it may be renamed to a name that a
	 * lower layer has. With an index the kernel marks it, too. */
	bool hide = (fs->options.redirect == REDIRECT_MAKE || fs->index) && dir->merged;
	plan->opaque = S_ISDIR(plan->mode) && hide;
	/* With the right owner by itself it can be made in place. mkdir inherits setgid from the
	 * directory by itself, too; mknod does not. */
	if (plan->owned) {
		int r = make(plan, false, dir->ref.fd, name, ret_file);
		if (r == 0 && plan->opaque)
			plan->opaque = mark_opaque(fs, dir->ref.fd, name);
		if (r != -EEXIST)
			return r;
	}
	int whiteout = upper_whiteout_is(fs, dir->ref.fd, name);
	if (whiteout < 0)
		return whiteout;
	plan->opaque |= S_ISDIR(plan->mode) && whiteout;
	/* Like the kernel: an inode that replaces a whiteout is made in WORK itself, and inherits
	 * no flags. */
	if (!whiteout)
		plan->flags = chattr_inherited(fs, dir->node, dir->ref.fd);
	plan->owned = !overrides(fs) && plan->uid == fs->uid && plan->gid == fs->gid;
	return create_by_rename(fs, plan, dir->ref.fd, name);
}

static int enter(struct fs *fs, const struct plan *plan, const struct upper_dir *dir,
	const char *name, int *file, struct entry *ret)
{
	/* The owner is in an xattr: a lookup reads it. */
	if (overrides(fs))
		return fs_lookup(fs, dir->node, name, ret);
	struct made made = { .spot = { .parent = dir->real, .name = name },
		.dirfd = dir->ref.fd,
		.file = *file,
		.opaque = plan->opaque,
		.lacks = NODE_NO_CAPABILITY | NODE_NO_PROTECTION };
	if (plan->acl_size == -ENODATA)
		made.lacks |= NODE_NO_ACL | NODE_NO_DEFAULT_ACL;
	int r = enter_made(fs, dir->node, &made, ret);
	if (r == 0 && *file >= 0)
		fd_release(writers_add(fs->writers, ret->node, steal_fd(file)));
	return r;
}

/* Completes a file that an earlier worker has begun to make for the same request. The file at this
 * name can only be that worker's: the kernel asks for a new file only where there is none, and lets
 * no other request use the name meanwhile. The file got its name when it was complete, but two
 * marks of a directory may be missing. Returns -ENOENT if there is no file. */
static int make_again(struct fs *fs, const struct plan *plan, const struct upper_dir *dir,
	const char *name, struct entry *ret)
{
	struct plan lent = *plan;
	bool hide = (fs->options.redirect == REDIRECT_MAKE || fs->index) && dir->merged;
	int r = change_find_made(fs, dir, name, plan->mode & S_IFMT, ret);

	if (r < 0 || !S_ISDIR(plan->mode))
		return r;
	if (hide && mark_opaque(fs, dir->ref.fd, name)) {
		pthread_mutex_lock(&fs->table.lock);
		node_at(&fs->table, ret->node)->flags |= NODE_OPAQUE;
		pthread_mutex_unlock(&fs->table.lock);
	}
	lent.lent = lend(fs, plan);
	return take_lent(fs, &lent, dir->ref.fd, name);
}

int fs_create(struct fs *fs, uint32_t parent, const char *name, const struct creation *what,
	struct entry *ret)
{
	auto_upper_dir struct upper_dir dir = UPPER_DIR_NONE;
	auto_plan struct plan plan = { 0 };
	auto_hold struct hold hold = HOLD_NONE;
	auto_close int file = -1;

	if (strlen(name) >= NAME_SIZE)
		return -ENAMETOOLONG;
	/* as a lower layer it would be a whiteout */
	if (S_ISCHR(what->mode) && what->rdev == makedev(0, 0))
		return -EPERM;
	int r = change_check_name(fs, name);
	if (r == 0)
		r = chattr_check(fs, parent, FS_IMMUTABLE_FL);
	if (r == 0)
		r = upper_dir_open(fs, parent, &dir);
	if (r == 0)
		r = make_plan(fs, &dir, what, &plan);
	if (r == 0 && kept_change_again()) {
		r = make_again(fs, &plan, &dir, name, ret);
		if (r != -ENOENT)
			return r;
		r = 0;
	}
	if (r == 0)
		r = quota_hold(fs->quota, QUOTA_BLOCK, &hold);
	if (r == 0)
		r = create_in(fs, &plan, &dir, name, &file);
	if (r < 0)
		return r;
	quota_book(fs->quota, dir.ref.fd);
	quota_book_at(fs->quota, dir.ref.fd, name);
	listing_outdate(fs, parent);
	return enter(fs, &plan, &dir, name, &file, ret);
}

int fs_tmpfile(struct fs *fs, uint32_t parent, const struct creation *what, struct entry *ret)
{
	auto_upper_dir struct upper_dir dir = UPPER_DIR_NONE;
	auto_plan struct plan plan = { 0 };
	auto_hold struct hold hold = HOLD_NONE;
	int r = chattr_check(fs, parent, FS_IMMUTABLE_FL);

	if (r == 0)
		r = upper_dir_open(fs, parent, &dir);
	if (r == 0)
		r = make_plan(fs, &dir, what, &plan);
	if (r == 0)
		r = quota_hold(fs->quota, QUOTA_BLOCK, &hold);
	if (r < 0)
		return r;
	auto_close int fd = with_room(fs,
		sys(openat(dir.ref.fd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, plan.mode & 07777)));
	if (fd < 0)
		return fd;
	if (overrides(fs))
		r = set_override(&plan, fd);
	else if (!plan.owned)
		r = sys(fchown(fd, plan.uid, plan.gid));
	/* Set the mode again: chown has cleared setuid, and a default ACL may have cleared
	 * permissions. */
	struct stat st;
	if (r == 0 && plan.mode & (S_ISUID | S_ISGID) && !overrides(fs)) {
		r = sys(fstat(fd, &st));
		if (r == 0)
			r = sys(fchmod(fd, (st.st_mode & 0777) | (plan.mode & 07000)));
	}
	r = r < 0 ? r : enter_nameless(fs, parent, fd, ret);
	if (r == 0)
		quota_unlinked(fs->quota, ret->node, fd);
	return r;
}
