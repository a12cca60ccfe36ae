/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/merge/attr/privileges.h"

#include "fuse/merge/copyup/copyup_node.h"
#include "fuse/merge/attr/chattr.h"
#include "fuse/merge/descriptors/locate.h"

#include "common/base/scope.h"
#include "common/overlay/opath.h"
#include "common/overlay/opath_xattr.h"
#include "common/overlay/override.h"

#include <linux/capability.h>

static bool is_capable(
	const struct caller *caller, unsigned int capability, const struct stat *over)
{
	return caller->rights && caller->rights->capable(caller->arg, capability, over);
}

/* Whether the file keeps setgid when CALLER changes it. ST has owner and group as the mount shows
 * them, not as on the disk. */
static bool keeps_setgid(const struct caller *caller, const struct stat *st)
{
	return caller->gid == st->st_gid ||
	       (caller->rights && caller->rights->in_group(caller->arg, st->st_gid)) ||
	       is_capable(caller, CAP_FSETID, st);
}

int privileges_stat(struct fs *fs, int fd, struct stat *ret)
{
	int r = without_loans(&fs->loans, ret, sys(fstat(fd, ret)));

	if (r == 0 && fs->options.ownership == OWNERSHIP_OVERRIDE)
		r = override_get(fd, ret);
	return r;
}

/* Whether the file loses setgid when CALLER changes it. Setgid without the group's execute bit does
 * not mean setgid: it marks a file for mandatory locks, and is lost only if CALLER is not in the
 * group. */
static bool loses_setgid(const struct fs *fs, const struct stat *st, const struct caller *caller)
{
	struct stat shown = *st;

	if (!(st->st_mode & S_ISGID) || st->st_mode & S_IXGRP)
		return st->st_mode & S_ISGID;
	shown.st_uid = idmap_show(fs->options.ids.uids, st->st_uid);
	shown.st_gid = idmap_show(fs->options.ids.gids, st->st_gid);
	return !keeps_setgid(caller, &shown);
}

mode_t privileges_lost_by_chown(
	const struct fs *fs, const struct stat *st, const struct caller *caller)
{
	if (S_ISDIR(st->st_mode))
		return 0;
	return (st->st_mode & S_ISUID) | (loses_setgid(fs, st, caller) ? S_ISGID : 0u);
}

int privileges_clear_mode(struct fs *fs, int fd, mode_t bits)
{
	struct stat st;
	int r = privileges_stat(fs, fd, &st);

	if (r < 0 || !(st.st_mode & bits))
		return r;
	st.st_mode &= ~bits;
	r = fs->options.ownership == OWNERSHIP_OVERRIDE
		    ? override_set(fd, &st)
		    : loan_chmod(&fs->loans, fd, st.st_mode & 07777);
	return r < 0 ? r : 1;
}

int privileges_remove_capability(struct fs *fs, uint32_t node, int fd)
{
	struct place place;
	int r = 0;

	locate_place(fs, node, &place);
	if (place.flags & (NODE_NO_CAPABILITY | NODE_NO_XATTRS))
		return 0;
	if (fs->options.ownership == OWNERSHIP_OVERRIDE)
		r = opath_xattr_remove(fd, OVERRIDE_XATTR_PREFIX CAPABILITY_XATTR);
	if (r < 0 && r != -ENODATA && r != -EOPNOTSUPP && r != -EPERM)
		return r;
	/* -EPERM: this daemon may not remove the capability, but its own write has removed it
	 * already. */
	r = opath_xattr_remove(fd, CAPABILITY_XATTR);
	return r == -ENODATA || r == -EOPNOTSUPP || r == -EPERM ? 0 : r;
}

int privileges_kill(
	struct fs *fs, uint32_t node, int fd, const struct stat *st, const struct caller *caller)
{
	mode_t lost = (st->st_mode & S_ISUID) | (loses_setgid(fs, st, caller) ? S_ISGID : 0u);

	if (lost && is_capable(caller, CAP_FSETID, NULL))
		return 0;
	int cleared = lost ? privileges_clear_mode(fs, fd, lost) : 0;
	int r = cleared < 0 ? cleared : privileges_remove_capability(fs, node, fd);
	return r < 0 ? r : cleared;
}

int fs_kill_privileges(struct fs *fs, uint32_t node, int fd, const struct caller *caller)
{
	struct stat st;

	state_lock_nodes(fs, &node, 1);
	int r = privileges_stat(fs, fd, &st);
	if (r >= 0)
		r = privileges_kill(fs, node, fd, &st, caller);
	state_unlock_nodes(fs, &node, 1);
	return r;
}

int fs_acl_changes(struct fs *fs, uint32_t node, const struct caller *caller)
{
	auto_ref struct ref ref = REF_NONE;
	struct stat st;
	int r = fs_getattr(fs, node, &st);

	if (r < 0 || !(st.st_mode & S_ISGID) || keeps_setgid(caller, &st))
		return r;
	r = chattr_check(fs, node, PROTECTED_FL);
	if (r == 0)
		r = copyup_node(fs, node);
	if (r == 0)
		r = locate_node_open(fs, node, &ref);
	if (r < 0)
		return r;
	state_lock_nodes(fs, &node, 1);
	r = privileges_clear_mode(fs, ref.fd, S_ISGID);
	state_unlock_nodes(fs, &node, 1);
	return r < 0 ? r : 0;
}
