/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads, shows and sets the attributes of nodes. */
#include "fuse/merge/copyup/copyup_node.h"
#include "fuse/merge/attr/chattr.h"
#include "fuse/merge/lookup/index.h"
#include "fuse/merge/descriptors/pins.h"
#include "fuse/merge/attr/privileges.h"
#include "fuse/merge/lookup/shown.h"
#include "fuse/merge/descriptors/locate.h"

#include "common/base/scope.h"
#include "common/overlay/opath.h"
#include "common/overlay/opath_xattr.h"
#include "common/overlay/override.h"

#include <fcntl.h>
#include <string.h>

#define OWNER (SET_UID | SET_GID)

/* Replaces the number of blocks in ST by that of the file with NODE's data: a metacopy itself has
 * no blocks. */
static int take_blocks(struct fs *fs, uint32_t node, struct stat *st)
{
	auto_ref struct ref ref = REF_NONE;
	struct stat data;
	int fd = locate_data_open(fs, node, &ref);

	if (fd < 0 || fstat(fd, &data) < 0)
		return fd < 0 ? fd : -errno;
	st->st_blocks = data.st_blocks;
	return 0;
}

/* Turns the attributes on the disk into those that the mount shows for NODE. */
static int show_node(struct fs *fs, uint32_t node, const struct place *place, struct stat *st)
{
	bool indexed = place->flags & NODE_INDEXED;
	int r = place->data && !indexed ? take_blocks(fs, node, st) : 0;

	bool unlinked = place->flags & NODE_UNLINKED && place->flags & NODE_UPPER;
	if (unlinked && place->dirs && fs->lacks & LACKS_UNLINKED)
		st->st_nlink = 0;
	if (r == 0 && unlinked && !place->dirs && st->st_nlink && pin_is_name(fs, node))
		st->st_nlink--;
	if (r == 0)
		shown_stat(fs, st, locate_is_merged(fs, node), place->ino);
	return r;
}

static int stat_node(struct fs *fs, uint32_t node, int fd, struct stat *ret)
{
	struct place place;

	locate_place(fs, node, &place);
	bool indexed = place.flags & NODE_INDEXED;
	int r = without_loans(
		&fs->loans, ret, indexed ? index_stat(fs, fd, ret) : sys(fstat(fd, ret)));
	if (r == 0 && fs->options.ownership == OWNERSHIP_OVERRIDE)
		r = override_get(fd, ret);
	return r < 0 ? r : show_node(fs, node, &place, ret);
}

int fs_getattr(struct fs *fs, uint32_t node, struct stat *ret)
{
	auto_ref struct ref ref = REF_NONE;
	struct place place;

	if (fs->options.ownership == OWNERSHIP_OVERRIDE || fs->index) {
		int fd = locate_node_open(fs, node, &ref);
		return fd < 0 ? fd : stat_node(fs, node, fd, ret);
	}
	int r = locate_node_stat(fs, node, ret);
	locate_place(fs, node, &place);
	return r < 0 ? r : show_node(fs, node, &place, ret);
}

int fs_birth(struct fs *fs, uint32_t node, struct timespec *ret)
{
	auto_ref struct ref ref = REF_NONE;
	struct statx st;
	int fd = locate_node_open(fs, node, &ref);

	if (fd < 0 || statx(fd, "", AT_EMPTY_PATH, STATX_BTIME, &st) < 0)
		return fd < 0 ? fd : -errno;
	if (!(st.stx_mask & STATX_BTIME))
		return -ENODATA;
	*ret = (struct timespec){ .tv_sec = st.stx_btime.tv_sec, .tv_nsec = st.stx_btime.tv_nsec };
	return 0;
}

int fs_readlink(struct fs *fs, uint32_t node, char **ret)
{
	auto_ref struct ref ref = REF_NONE;
	int fd = locate_node_open(fs, node, &ref);
	enum { MOST = 4096 };

	if (fd < 0)
		return fd;
	auto_free char *target = malloc(MOST + 1);
	if (!target)
		return -ENOMEM;
	ssize_t n = readlinkat(fd, "", target, MOST);
	if (n < 0)
		return -errno;
	target[n] = 0;
	*ret = steal_ptr(&target);
	return 0;
}

int fs_statfs(struct fs *fs, struct statvfs *ret)
{
	if (fstatvfs(fs->layers[fs->top].fd, ret) < 0)
		return -errno;
	quota_statfs(fs->quota, ret);
	return 0;
}

/* Sets the size through the file's path in /proc: truncate(2) changes no times if the size stays
 * the same, but ftruncate(2) does. If the file's mode forbids its owner to open it by path, falls
 * back to ftruncate. */
static int cut_by_path(int fd, off_t size)
{
	int r = opath_truncate(fd, size);

	return r == -EACCES ? sys(ftruncate(fd, size)) : r;
}

/* Whether a change of the size has to copy the data first, because another file (a lower one) still
 * holds them. */
static bool is_cut_by_copying(struct fs *fs, uint32_t node)
{
	struct place place;

	locate_place(fs, node, &place);
	return !(place.flags & NODE_UPPER) || (place.data && !(place.flags & NODE_INDEXED));
}

/* A step of set_size() after the copy has failed with CODE. If the copy has its name and the new
 * size, only a time is wrong: returns 0, since an error would tell the caller that the file is
 * unchanged. */
static int check_size_set(struct fs *fs, uint32_t node, off_t size, int code)
{
	auto_ref struct ref ref = REF_NONE;
	const struct timespec now[] = { { .tv_nsec = UTIME_OMIT }, { .tv_nsec = UTIME_NOW } };
	struct stat st;
	int fd = locate_node_open(fs, node, &ref);

	if (is_cut_by_copying(fs, node) || fd < 0 || fstat(fd, &st) < 0 || st.st_size != size)
		return code;
	(void)opath_utimens(fd, now);
	return 0;
}

static int set_size(struct fs *fs, uint32_t node, off_t size, bool by_file)
{
	static const struct timespec now[] = { { .tv_nsec = UTIME_OMIT },
		{ .tv_nsec = UTIME_NOW } };
	auto_ref struct ref ref = REF_NONE;
	struct stat before = { .st_size = -1 };
	bool cut = is_cut_by_copying(fs, node);
	/* An open with O_TRUNC comes without a file handle, and changes the times even if the size
	 * is 0 already. */
	int r = by_file || size == 0 ? 0 : fs_getattr(fs, node, &before);

	if (r == 0)
		r = copyup_node_data(fs, node, (uint64_t)size);
	if (r == 0)
		r = fs_open_write(fs, node, &ref);
	if (r < 0)
		return cut ? check_size_set(fs, node, size, r) : r;
	bool same = size == before.st_size;
	r = same ? cut_by_path(ref.fd, size) : sys(ftruncate(ref.fd, size));
	/* On such a filesystem (gocryptfs) the times may be unchanged, because the copy had this
	 * size from the start: set them. */
	if (r == 0 && cut && !same && fs->layers[fs->top].fickle)
		(void)opath_utimens(ref.fd, now);
	quota_book(fs->quota, ref.fd);
	return r < 0 && cut ? check_size_set(fs, node, size, r) : r;
}

/* Translates the new owner and group to the ids on the disk. RET is -1 for an id that does not
 * change. */
static int owner_on_disk(const struct fs *fs, unsigned int what, const struct stat *to,
	int64_t *ret_uid, int64_t *ret_gid)
{
	int64_t uid = -1, gid = -1;

	if (what & SET_UID && (uid = idmap_to_disk(fs->options.ids.uids, to->st_uid)) < 0)
		return (int)uid;
	if (what & SET_GID && (gid = idmap_to_disk(fs->options.ids.gids, to->st_gid)) < 0)
		return (int)gid;
	*ret_uid = uid;
	*ret_gid = gid;
	return 0;
}

/* Sets owner and mode in the override xattr; the inode's own do not change. */
static int set_override(struct fs *fs, int fd, unsigned int what, const struct setting *setting)
{
	const struct stat *to = &setting->st;
	int64_t uid = -1, gid = -1;
	struct stat st;
	int r = owner_on_disk(fs, what, to, &uid, &gid);

	if (r == 0)
		r = privileges_stat(fs, fd, &st);
	if (r < 0)
		return r;
	if (what & OWNER)
		st.st_mode &= ~privileges_lost_by_chown(fs, &st, &setting->caller);
	if (uid >= 0)
		st.st_uid = (uid_t)uid;
	if (gid >= 0)
		st.st_gid = (gid_t)gid;
	if (what & SET_MODE)
		st.st_mode = (st.st_mode & S_IFMT) | (to->st_mode & 07777);
	r = override_set(fd, &st);
	/* A link cannot have the override xattr. The mount shows it as owned by this process's
	 * user. */
	return r == -EPERM && S_ISLNK(st.st_mode) ? 0 : r;
}

/* Sets the owner. Clears the mode bits (setuid, setgid) that the caller may not keep: the
 * filesystem below would only check this daemon, which may have more rights than the caller. */
static int set_owner(struct fs *fs, int fd, unsigned int what, const struct setting *setting,
	const struct stat *before)
{
	int64_t uid = -1, gid = -1;
	int r = owner_on_disk(fs, what, &setting->st, &uid, &gid);

	if (r < 0)
		return r;
	mode_t lost = privileges_lost_by_chown(fs, before, &setting->caller);
	r = sys(fchownat(fd, "", (uid_t)uid, (gid_t)gid, AT_EMPTY_PATH));
	return r == 0 && lost ? privileges_clear_mode(fs, fd, lost) : r;
}

/* Sets owner and mode. BEFORE is the stat before the change; it is used only if the owner
 * changes. */
static int set_owner_and_mode(struct fs *fs, int fd, unsigned int what,
	const struct setting *setting, const struct stat *before)
{
	int r = 0;

	if (fs->options.ownership == OWNERSHIP_OVERRIDE && what & (OWNER | SET_MODE))
		return set_override(fs, fd, what, setting);
	if (what & OWNER)
		r = set_owner(fs, fd, what, setting, before);
	return r >= 0 && what & SET_MODE ? loan_chmod(&fs->loans, fd, setting->st.st_mode & 07777)
					 : r;
}

static int set_times(int fd, unsigned int what, const struct stat *to)
{
	struct timespec times[] = { to->st_atim, to->st_mtim };

	if (!(what & (SET_ATIME | SET_MTIME)))
		return 0;
	if (!(what & SET_ATIME))
		times[0].tv_nsec = UTIME_OMIT;
	if (!(what & SET_MTIME))
		times[1].tv_nsec = UTIME_OMIT;
	return opath_utimens(fd, times);
}

/* Leaves out an owner or group that the id map does not have. containers/storage sets the owner of
 * the root of a mounted tree to its own root, even if the map has no such id; that must not
 * fail. */
static unsigned int without_strangers(const struct fs *fs, unsigned int what, const struct stat *to)
{
	if (what & SET_UID && idmap_to_disk(fs->options.ids.uids, to->st_uid) < 0)
		what &= ~(unsigned int)SET_UID;
	if (what & SET_GID && idmap_to_disk(fs->options.ids.gids, to->st_gid) < 0)
		what &= ~(unsigned int)SET_GID;
	return what;
}

/* Refuses changes of a protected file. Of an append-only file only the times may be set, to the
 * present; of an immutable file nothing. */
static int check_protection(struct fs *fs, uint32_t node, const struct setting *setting)
{
	enum { TIMES = SET_ATIME | SET_MTIME };
	const struct stat *st = &setting->st;
	unsigned int what = setting->what & (TIMES | SET_MODE | SET_UID | SET_GID | SET_SIZE);
	bool touch = what == TIMES && st->st_atim.tv_nsec == UTIME_NOW &&
		     st->st_mtim.tv_nsec == UTIME_NOW;

	return what ? chattr_check(fs, node, touch ? FS_IMMUTABLE_FL : PROTECTED_FL) : 0;
}

/* Sets the old attributes again, as far as possible: a change of several attributes has failed
 * half-way. */
static void restore_attributes(struct fs *fs, int fd, const struct stat *before)
{
	const struct timespec times[] = { before->st_atim, before->st_mtim };

	if (fs->options.ownership == OWNERSHIP_OVERRIDE) {
		(void)override_set(fd, before);
	} else {
		(void)fchownat(fd, "", before->st_uid, before->st_gid, AT_EMPTY_PATH);
		if (!S_ISLNK(before->st_mode))
			(void)loan_chmod(&fs->loans, fd, before->st_mode & 07777);
	}
	(void)opath_utimens(fd, times);
}

/* Sets all attributes but the size. */
static int set_others(
	struct fs *fs, uint32_t node, int fd, unsigned int what, const struct setting *setting)
{
	struct stat before;
	int r = 0;

	state_lock_nodes(fs, &node, 1);
	if (what & (OWNER | SET_KILL))
		r = privileges_stat(fs, fd, &before);
	bool known = what & (OWNER | SET_KILL) && r >= 0;
	/* Clear setgid before the owner changes, because the old group decides whether it stays. */
	if (r >= 0 && what & SET_KILL)
		r = privileges_kill(fs, node, fd, &before, &setting->caller);
	if (r >= 0)
		r = set_owner_and_mode(fs, fd, what, setting, &before);
	/* A change of owner removes capabilities. If owners are in xattrs the filesystem below sees
	 * no change, so remove them here. */
	if (r >= 0 && what & OWNER && fs->options.ownership == OWNERSHIP_OVERRIDE)
		r = privileges_remove_capability(fs, node, fd);
	if (r >= 0)
		r = set_times(fd, what, &setting->st);
	if (r < 0 && known)
		restore_attributes(fs, fd, &before);
	state_unlock_nodes(fs, &node, 1);
	return r;
}

int fs_setattr(struct fs *fs, uint32_t node, const struct setting *setting, struct stat *ret)
{
	auto_ref struct ref ref = REF_NONE;
	unsigned int what = node == ROOT_NODE ? without_strangers(fs, setting->what, &setting->st)
					      : setting->what;
	int r = check_protection(fs, node, setting);

	/* Such an upper filesystem would follow the link, and change its target instead. */
	if (r == 0 && fs->lacks & LACKS_LINK_ATTRS && fs_type(fs, node) == S_IFLNK)
		r = -EOPNOTSUPP;
	if (r == 0)
		r = what & SET_SIZE ? set_size(fs, node, setting->st.st_size, what & SET_BY_FILE)
				    : copyup_node(fs, node);
	if (r == 0)
		r = locate_node_open(fs, node, &ref);
	if (r >= 0)
		r = set_others(fs, node, ref.fd, what, setting);
	return r < 0 ? r : stat_node(fs, node, ref.fd, ret);
}
