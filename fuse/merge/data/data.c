/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/merge/data/data.h"
#include "fuse/merge/attr/chattr.h"
#include "fuse/merge/descriptors/locate.h"
#include "fuse/merge/attr/xattrs.h"

#include "common/base/scope.h"
#include "common/overlay/opath_xattr.h"

#include <fcntl.h>
#include <sys/uio.h>

ssize_t fs_read(struct fs *fs, uint32_t node, char *buf, size_t size, off_t offset)
{
	auto_ref struct ref ref = REF_NONE;
	size_t done = 0;
	int fd = fs_open_read(fs, node, &ref);

	if (fd < 0)
		return fd;
	while (done < size) {
		ssize_t n = pread(fd, buf + done, size - done, offset + (off_t)done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return done ? (ssize_t)done : -errno;
		if (n == 0)
			break;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

/* Clears setuid, setgid and capabilities, and tells the kernel to forget the cached mode: after a
 * write it asks again only for size and times. */
static int kill_privileges(struct fs *fs, uint32_t node, int fd, const struct caller *caller)
{
	int r = fs_kill_privileges(fs, node, fd, caller);

	if (r > 0 && fs->outdated)
		fs->outdated(fs->outdated_arg, node, false);
	return r < 0 ? r : 0;
}

static ssize_t write_fd(struct fs *fs, int fd, const char *buf, size_t size, off_t offset)
{
	auto_hold struct hold hold = HOLD_NONE;
	size_t done = 0;
	ssize_t fits = quota_hold_range(fs->quota, fd, offset, size, &hold);

	if (fits < 0)
		return fits;
	size = (size_t)fits;
	while (done < size) {
		ssize_t n = pwrite(fd, buf + done, size - done, offset + (off_t)done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && !done)
			return -errno;
		if (n <= 0)
			break;
		done += (size_t)n;
	}
	quota_book(fs->quota, fd);
	return (ssize_t)done;
}

ssize_t fs_write(struct fs *fs, uint32_t node, const char *buf, size_t size, off_t offset,
	const struct caller *kill)
{
	auto_ref struct ref ref = REF_NONE;
	int fd = fs_open_write(fs, node, &ref);
	ssize_t done = fd < 0 ? fd : write_fd(fs, fd, buf, size, offset);
	int r = done >= 0 && kill ? kill_privileges(fs, node, fd, kill) : 0;

	return r < 0 ? r : done;
}

/* Sets the mode and the capabilities again, which the filesystem below has cleared, because the
 * daemon wrote to the file. */

static int restore_privileges(
	int fd, const struct stat *before, const void *capability, ssize_t size)
{
	struct stat now;

	if (fstat(fd, &now) < 0)
		return -errno;
	int r = now.st_mode == before->st_mode ? 0 : sys(fchmod(fd, before->st_mode & 07777));
	if (r == 0 && size > 0)
		r = opath_xattr_set(fd, CAPABILITY_XATTR, capability, (size_t)size, 0);
	return r;
}

/* Writes, then sets mode and capabilities again. The caller holds NODE's lock: otherwise this could
 * bring back bits that another request clears meanwhile. */
static ssize_t write_and_restore(
	struct fs *fs, uint32_t node, int fd, const struct iovec *data, off_t offset)
{
	/* If xattrs hold mode and capabilities, a write clears neither. */
	if (fs->options.ownership == OWNERSHIP_OVERRIDE)
		return write_fd(fs, fd, data->iov_base, data->iov_len, offset);
	char capability[64]; /* the longest capability has 24 bytes */
	struct stat before;
	ssize_t has = xattrs_get_raw(fs, node, CAPABILITY_XATTR, capability, sizeof(capability));

	if (fstat(fd, &before) < 0)
		return -errno;
	ssize_t n = write_fd(fs, fd, data->iov_base, data->iov_len, offset);
	if (has <= 0 && !(before.st_mode & (S_ISUID | S_ISGID)))
		return n;
	int r = restore_privileges(fd, &before, capability, has);
	return n < 0 || r == 0 ? n : r;
}

ssize_t fs_write_kept(struct fs *fs, uint32_t node, const char *buf, size_t size, off_t offset)
{
	auto_ref struct ref ref = REF_NONE;
	const struct iovec data = { .iov_base = (void *)buf, .iov_len = size };
	int fd = fs_open_write(fs, node, &ref);

	if (fd < 0)
		return fd;
	state_lock_nodes(fs, &node, 1);
	ssize_t n = write_and_restore(fs, node, fd, &data, offset);
	state_unlock_nodes(fs, &node, 1);
	return n;
}

/* Holds room in the quota for the whole range, or fails. */
static int hold_range(struct fs *fs, int fd, int mode, off_t offset, off_t length, struct hold *ret)
{
	if (mode & (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_COLLAPSE_RANGE | FALLOC_FL_INSERT_RANGE))
		return 0;
	ssize_t fits = quota_hold_range(fs->quota, fd, offset, (size_t)length, ret);
	if (fits < 0)
		return (int)fits;
	return fits < length ? -ENOSPC : 0;
}

int fs_fallocate(struct fs *fs, uint32_t node, int mode, off_t offset, off_t length,
	const struct caller *kill)
{
	auto_ref struct ref ref = REF_NONE;
	auto_hold struct hold hold = HOLD_NONE;
	int keeps = mode & ~FALLOC_FL_KEEP_SIZE ? PROTECTED_FL : FS_IMMUTABLE_FL;
	int fd = chattr_check(fs, node, keeps);

	if (fd == 0)
		fd = fs_open_write(fs, node, &ref);
	/* Like the kernel, clear setuid first, even if the rest fails. */
	int r = fd >= 0 && kill ? kill_privileges(fs, node, fd, kill) : fd;

	if (r >= 0 && fs->quota)
		r = hold_range(fs, fd, mode, offset, length, &hold);
	if (r < 0)
		return r;
	r = sys(fallocate(fd, mode, offset, length));
	if (mode & FALLOC_FL_KEEP_SIZE && !(mode & FALLOC_FL_PUNCH_HOLE))
		quota_book_beyond(fs->quota, fd);
	else
		quota_book(fs->quota, fd);
	return r;
}

off_t fs_seek(struct fs *fs, uint32_t node, off_t offset, int whence)
{
	auto_ref struct ref ref = REF_NONE;
	int fd = fs_open_read(fs, node, &ref);

	if (fd < 0)
		return fd;
	off_t at = lseek(fd, offset, whence);
	return at < 0 ? -errno : at;
}

ssize_t fs_copy_range(struct fs *fs, const struct copy_range *range)
{
	auto_ref struct ref from = REF_NONE;
	auto_ref struct ref to = REF_NONE;
	auto_hold struct hold hold = HOLD_NONE;
	off_t in = range->from_offset, out = range->to_offset;
	int r = chattr_check(fs, range->to, PROTECTED_FL);

	if (r == 0)
		r = fs_open_write(fs, range->to, &to);
	if (r >= 0)
		r = fs_open_read(fs, range->from, &from);
	if (r >= 0 && range->kill)
		r = kill_privileges(fs, range->to, to.fd, range->kill);
	if (r < 0)
		return r;
	ssize_t n = quota_hold_range(fs->quota, to.fd, out, range->size, &hold);
	if (n < 0)
		return n;
	n = copy_file_range(from.fd, &in, to.fd, &out, (size_t)n, 0);
	/* EPERM comes from a seccomp filter. Answer EOPNOTSUPP: then the kernel copies by reading
	 * and writing. */
	if (n < 0)
		n = errno == EPERM ? -EOPNOTSUPP : -errno;
	quota_book(fs->quota, to.fd);
	return n;
}
