/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/merge/attr/chattr.h"

#include "common/base/scope.h"
#include "fuse/merge/attr/known_absent.h"
#include "fuse/merge/copyup/copyup_node.h"
#include "fuse/merge/descriptors/limits.h"
#include "fuse/merge/descriptors/locate.h"

#include <fcntl.h>
#include <sys/ioctl.h>

static int protection(struct fs *fs, uint32_t node)
{
	auto_ref struct ref ref = REF_NONE;
	int fd = locate_node_open(fs, node, &ref);

	return fd < 0 ? fd
		      : chattr_flags_protection(fd, locate_is_upper(fs, node), fs->options.class);
}

int chattr_check(struct fs *fs, uint32_t node, int flags)
{
	uint32_t changes;

	if (!node || known_absent_has(fs, node, NODE_NO_PROTECTION, &changes))
		return 0;
	int is = protection(fs, node);
	if (is == 0)
		known_absent_note(fs, node, NODE_NO_PROTECTION, changes);
	/* If the flags cannot be read, allow the change: the call itself still fails if it must. */
	return is > 0 && is & flags ? -EPERM : 0;
}

int chattr_inherited(struct fs *fs, uint32_t node, int fd)
{
	enum {
		HANDED_ON = FS_SYNC_FL | FS_DIRSYNC_FL | FS_NODUMP_FL | FS_NOATIME_FL |
			    FS_COMPR_FL | FS_NOCOMP_FL | FS_NOCOW_FL | FS_JOURNAL_DATA_FL |
			    FS_NOTAIL_FL
	};
	uint32_t changes;
	int flags = 0;

	if (known_absent_has(fs, node, NODE_NO_FLAGS, &changes))
		return 0;
	auto_close int dir = with_room(
		fs, sys(openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)));
	if (dir < 0 || ioctl(dir, FS_IOC_GETFLAGS, &flags) < 0 || !(flags & HANDED_ON))
		known_absent_note(fs, node, NODE_NO_FLAGS, changes);
	return flags & HANDED_ON;
}

static int open_real(struct fs *fs, uint32_t node)
{
	auto_ref struct ref ref = REF_NONE;
	struct place place;

	locate_place(fs, node, &place);
	if (place.type != S_IFREG && place.type != S_IFDIR)
		return -ENOTTY;
	int fd = locate_node_open(fs, node, &ref);
	return fd < 0 ? fd : locate_open_own(fs, fd, O_RDONLY);
}

static void show_protection(struct fs_fileattr *attr, int flags)
{
	attr->flags |= flags;
	attr->xattr.fsx_xflags |= (flags & FS_IMMUTABLE_FL ? FS_XFLAG_IMMUTABLE : 0u) |
				  (flags & FS_APPEND_FL ? FS_XFLAG_APPEND : 0u);
}

int chattr_get(struct fs *fs, uint32_t node, struct fs_fileattr *attr)
{
	auto_close int fd = open_real(fs, node);
	int r = fd < 0 ? fd
		       : sys(attr->extended ? ioctl(fd, FS_IOC_FSGETXATTR, &attr->xattr)
					    : ioctl(fd, FS_IOC_GETFLAGS, &attr->flags));

	if (r == 0)
		r = with_loan(&fs->loans, fd, S_IRUSR,
			chattr_flags_protection(fd, locate_is_upper(fs, node), fs->options.class));
	if (r < 0)
		return r;
	show_protection(attr, r);
	return 0;
}

static int wanted_protection(const struct fs_fileattr *attr)
{
	uint32_t flags = attr->xattr.fsx_xflags;

	if (!attr->extended)
		return attr->flags & PROTECTED_FL;
	return (flags & FS_XFLAG_IMMUTABLE ? FS_IMMUTABLE_FL : 0) |
	       (flags & FS_XFLAG_APPEND ? FS_APPEND_FL : 0);
}

/* Sets the flags other than immutable and append-only, on the upper file itself. */
static int set_others(int fd, const struct fs_fileattr *attr)
{
	int flags = attr->flags & ~PROTECTED_FL;
	struct fsxattr xattr = attr->xattr;

	xattr.fsx_xflags &= ~(uint32_t)(FS_XFLAG_IMMUTABLE | FS_XFLAG_APPEND);
	return sys(attr->extended ? ioctl(fd, FS_IOC_FSSETXATTR, &xattr)
				  : ioctl(fd, FS_IOC_SETFLAGS, &flags));
}

int chattr_set(struct fs *fs, uint32_t node, const struct fs_fileattr *attr)
{
	int r = copyup_node(fs, node);
	auto_close int fd = r < 0 ? r : open_real(fs, node);

	if (fd < 0)
		return fd;
	known_absent_change(fs, node, 0);
	r = with_loan(&fs->loans, fd, S_IWUSR,
		chattr_flags_set_protection(fd, wanted_protection(attr), fs->options.class));
	if (r == 0)
		r = set_others(fd, attr);
	known_absent_change(fs, node, NODE_NO_PROTECTION | NODE_NO_FLAGS);
	if (fs->outdated)
		fs->outdated(fs->outdated_arg, node, false);
	return r;
}
