/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/daemon/handlers.h"

#include "common/base/scope.h"
#include "fuse/daemon/admit.h"
#include "fuse/merge/data/data.h"
#include "fuse/merge/attr/chattr.h"
#include "fuse/daemon/caller.h"
#include "fuse/daemon/ioctl.h"
#include "fuse/merge/lookup/lookup.h"
#include "fuse/daemon/reply.h"
#include "fuse/daemon/wire.h"

#include <fcntl.h>
#include <string.h>

#define WORTH_A_SPLICE ((size_t)64 * 1024)
#define MOST_COPIED    ((size_t)1 << 30) /* at once: the reply has 32 bits for the number */

/* Beside what libfuse wants by itself. */
static unsigned int capabilities(const struct handlers *handlers)
{
	unsigned int want = FUSE_CAP_DONT_MASK | FUSE_CAP_NO_OPEN_SUPPORT |
			    FUSE_CAP_NO_OPENDIR_SUPPORT | FUSE_CAP_ASYNC_READ | FUSE_CAP_ASYNC_DIO;

	if (!(handlers->without & OPTIMISATION_PLUS))
		want |= FUSE_CAP_READDIRPLUS;
	if (!(handlers->without & OPTIMISATION_LINKS))
		want |= FUSE_CAP_CACHE_SYMLINKS;
	if (!(handlers->without & OPTIMISATION_PARALLEL))
		want |= FUSE_CAP_PARALLEL_DIROPS;
	if (handlers->acls)
		want |= FUSE_CAP_POSIX_ACL;
	if (handlers->writeback)
		want |= FUSE_CAP_WRITEBACK_CACHE;
	if (!(handlers->without & OPTIMISATION_SPLICE))
		want |= FUSE_CAP_SPLICE_WRITE;
	return want;
}

static void on_init(void *userdata, struct fuse_conn_info *conn)
{
	struct handlers *handlers = userdata;

	/* O_TRUNC would never be sent with an open that is never sent; nobody else changes the
	 * data. */
	conn->want &= ~(unsigned int)(FUSE_CAP_ATOMIC_O_TRUNC | FUSE_CAP_AUTO_INVAL_DATA |
				      FUSE_CAP_READDIRPLUS | FUSE_CAP_READDIRPLUS_AUTO |
				      FUSE_CAP_PARALLEL_DIROPS | FUSE_CAP_SPLICE_WRITE |
				      FUSE_CAP_HANDLE_KILLPRIV | FUSE_CAP_WRITEBACK_CACHE |
				      FUSE_CAP_FLOCK_LOCKS | FUSE_CAP_POSIX_LOCKS);
	conn->want |= capabilities(handlers) & conn->capable;
	conn->time_gran = 1;
}

static void on_lookup(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	struct entry entry;
	struct handlers *handlers = handlers_of(req);
	int r = fs_lookup(handlers->fs, (uint32_t)parent, name, &entry);

	if (r == -ENOENT && !(handlers->without & OPTIMISATION_NEGATIVE)) {
		/* No error but an entry without a node: the kernel remembers that nothing is there.
		 */
		struct fuse_entry_param none = { .entry_timeout = handlers->timeout };
		fuse_reply_entry(req, &none);
		return;
	}
	reply_entry(req, r, &entry);
}

static void on_forget(fuse_req_t req, fuse_ino_t node, uint64_t count)
{
	fs_forget(fs_of(req), (uint32_t)node, count);
	fuse_reply_none(req);
}

static void on_forget_multi(fuse_req_t req, size_t n, struct fuse_forget_data *forgets)
{
	for (size_t i = 0; i < n; i++)
		fs_forget(fs_of(req), (uint32_t)forgets[i].ino, forgets[i].nlookup);
	fuse_reply_none(req);
}

static void on_getattr(fuse_req_t req, fuse_ino_t node, struct fuse_file_info *fi)
{
	struct stat st;
	int r = fs_getattr(fs_of(req), (uint32_t)node, &st);

	reply_attr(req, r, &st);
}

static void on_setattr(
	fuse_req_t req, fuse_ino_t node, struct stat *to, int set, struct fuse_file_info *fi)
{
	struct setting setting = { .st = *to, .caller = caller_of(req) };
	unsigned int what = (unsigned int)set &
			    (SET_MODE | SET_UID | SET_GID | SET_SIZE | SET_ATIME | SET_MTIME);
	struct stat st;

	if (set & FUSE_SET_ATTR_ATIME_NOW) {
		what |= SET_ATIME;
		setting.st.st_atim.tv_nsec = UTIME_NOW;
	}
	if (set & FUSE_SET_ATTR_MTIME_NOW) {
		what |= SET_MTIME;
		setting.st.st_mtim.tv_nsec = UTIME_NOW;
	}
	if (fi)
		what |= SET_BY_FILE;
	if (wire_setattr_kills_privileges())
		what |= SET_KILL;
	setting.what = what;
	int r = fs_setattr(fs_of(req), (uint32_t)node, &setting, &st);
	reply_attr(req, r, &st);
}

static void on_readlink(fuse_req_t req, fuse_ino_t node)
{
	auto_free char *target = NULL;
	int r = fs_readlink(fs_of(req), (uint32_t)node, &target);

	if (r < 0)
		reply_code(req, r);
	else
		fuse_reply_readlink(req, target);
}

static void create(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode, dev_t rdev,
	const char *target)
{
	struct creation what = {
		.mode = mode, .rdev = rdev, .target = target, .caller = caller_of(req)
	};
	struct entry entry;
	int r = fs_create(fs_of(req), (uint32_t)parent, name, &what, &entry);

	reply_entry(req, r, &entry);
}

/* mknod(2) makes no directory and no link. */
static bool is_node(mode_t type)
{
	return type == 0 || type == S_IFREG || type == S_IFCHR || type == S_IFBLK ||
	       type == S_IFIFO || type == S_IFSOCK;
}

static void on_mknod(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode, dev_t rdev)
{
	if (!is_node(mode & S_IFMT)) {
		fuse_reply_err(req, EINVAL);
		return;
	}
	create(req, parent, name, mode & S_IFMT ? mode : mode | S_IFREG, rdev, NULL);
}

static void on_mkdir(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode)
{
	create(req, parent, name, (mode & 01777) | S_IFDIR, 0, NULL);
}

static void on_symlink(fuse_req_t req, const char *target, fuse_ino_t parent, const char *name)
{
	create(req, parent, name, S_IFLNK | 0777, 0, target);
}

static void on_link(fuse_req_t req, fuse_ino_t node, fuse_ino_t parent, const char *name)
{
	struct entry entry;
	int r = fs_link(fs_of(req), (uint32_t)node, (uint32_t)parent, name, &entry);

	reply_entry(req, r, &entry);
}

static void on_unlink(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	reply_code(req, fs_remove(fs_of(req), (uint32_t)parent, name, false));
}

static void on_rmdir(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	reply_code(req, fs_remove(fs_of(req), (uint32_t)parent, name, true));
}

static void on_rename(fuse_req_t req, fuse_ino_t parent, const char *name, fuse_ino_t new_parent,
	const char *new_name, unsigned int flags)
{
	reply_code(req, fs_rename(fs_of(req), (uint32_t)parent, name, (uint32_t)new_parent,
				new_name, flags));
}

/* ENOSYS is answered once for the whole mount: from then on the kernel opens and closes by itself.
 * Where it asks, a file is copied up as early as on a kernel mount. */
static void on_open(fuse_req_t req, fuse_ino_t node, struct fuse_file_info *fi)
{
	auto_ref struct ref ref = REF_NONE;

	if (!(handlers_of(req)->without & OPTIMISATION_OPEN)) {
		fuse_reply_err(req, ENOSYS);
		return;
	}
	int r = 0;
	if ((fi->flags & O_ACCMODE) != O_RDONLY)
		r = fs_open_write(fs_of(req), (uint32_t)node, &ref);
	if (r < 0) {
		reply_code(req, r);
		return;
	}
	fi->keep_cache = 1;
	fuse_reply_open(req, fi);
}

static void on_opendir(fuse_req_t req, fuse_ino_t node, struct fuse_file_info *fi)
{
	unsigned int without = handlers_of(req)->without;

	if (!(without & (OPTIMISATION_OPEN | OPTIMISATION_DIRS))) {
		fuse_reply_err(req, ENOSYS);
		return;
	}
	fi->keep_cache = fi->cache_readdir = !(without & OPTIMISATION_DIRS);
	fuse_reply_open(req, fi);
}

static void on_create(
	fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode, struct fuse_file_info *fi)
{
	fuse_reply_err(req, ENOSYS);
}

static void on_flush(fuse_req_t req, fuse_ino_t node, struct fuse_file_info *fi)
{
	fuse_reply_err(req, ENOSYS);
}

/* The file's own pages go to the device: one copy less. */
static void reply_spliced(fuse_req_t req, uint32_t node, size_t size, off_t offset)
{
	auto_ref struct ref ref = REF_NONE;
	struct fuse_bufvec data = FUSE_BUFVEC_INIT(size);
	int fd = fs_open_read(fs_of(req), node, &ref);

	data.buf[0].flags = FUSE_BUF_IS_FD | FUSE_BUF_FD_SEEK | FUSE_BUF_FD_RETRY;
	data.buf[0].fd = fd;
	data.buf[0].pos = offset;
	if (fd < 0)
		reply_code(req, fd);
	else
		fuse_reply_data(req, &data, 0);
}

static void reply_copied(fuse_req_t req, uint32_t node, size_t size, off_t offset)
{
	auto_free char *buf = malloc(size);
	ssize_t n = buf ? fs_read(fs_of(req), node, buf, size, offset) : -ENOMEM;

	if (n < 0)
		reply_code(req, (int)n);
	else
		fuse_reply_buf(req, buf, (size_t)n);
}

static void on_read(
	fuse_req_t req, fuse_ino_t node, size_t size, off_t offset, struct fuse_file_info *fi)
{
	bool splice = !(handlers_of(req)->without & OPTIMISATION_SPLICE);

	if (splice && size >= WORTH_A_SPLICE)
		reply_spliced(req, (uint32_t)node, size, offset);
	else
		reply_copied(req, (uint32_t)node, size, offset);
}

static void on_write(fuse_req_t req, fuse_ino_t node, const char *buf, size_t size, off_t offset,
	struct fuse_file_info *fi)
{
	struct fs *fs = fs_of(req);
	struct caller caller = caller_of(req);
	bool kill = wire_write_kills_privileges();
	int protects = fi->flags & O_APPEND ? FS_IMMUTABLE_FL : PROTECTED_FL;
	/* Pages of a mapping may have been changed before the file was protected. */
	ssize_t n = fi->writepage ? 0 : fs_unprotected(fs, (uint32_t)node, protects);

	if (n == 0 && fi->writepage)
		n = fs_write_kept(fs, (uint32_t)node, buf, size, offset);
	else if (n == 0)
		n = fs_write(fs, (uint32_t)node, buf, size, offset, kill ? &caller : NULL);
	/* Pages that the kernel writes by itself it takes for written, however few were. */
	if (n >= 0 && (size_t)n < size && fi->writepage)
		n = -ENOSPC;
	if (n < 0)
		reply_code(req, (int)n);
	else
		fuse_reply_write(req, (size_t)n);
}

static void on_fsync(fuse_req_t req, fuse_ino_t node, int data_only, struct fuse_file_info *fi)
{
	reply_code(req, fs_sync(fs_of(req), (uint32_t)node, data_only));
}

static void on_fallocate(fuse_req_t req, fuse_ino_t node, int mode, off_t offset, off_t length,
	struct fuse_file_info *fi)
{
	struct caller caller = caller_of(req);
	reply_code(req, fs_fallocate(fs_of(req), (uint32_t)node, mode, offset, length, &caller));
}

static void on_lseek(
	fuse_req_t req, fuse_ino_t node, off_t offset, int whence, struct fuse_file_info *fi)
{
	off_t at = fs_seek(fs_of(req), (uint32_t)node, offset, whence);

	if (at < 0)
		reply_code(req, (int)at);
	else
		fuse_reply_lseek(req, at);
}

static void on_copy_file_range(fuse_req_t req, fuse_ino_t from, off_t from_offset,
	struct fuse_file_info *from_fi, fuse_ino_t to, off_t to_offset,
	struct fuse_file_info *to_fi, size_t size, int flags)
{
	struct caller caller = caller_of(req);
	struct copy_range range = { .from = (uint32_t)from,
		.to = (uint32_t)to,
		.from_offset = from_offset,
		.to_offset = to_offset,
		.size = size < MOST_COPIED ? size : MOST_COPIED,
		.kill = &caller };
	ssize_t n = fs_copy_range(fs_of(req), &range);

	if (n < 0)
		reply_code(req, (int)n);
	else
		fuse_reply_write(req, (size_t)n);
}

static void on_statfs(fuse_req_t req, fuse_ino_t node)
{
	struct statvfs st;
	int r = fs_statfs(fs_of(req), &st);

	if (r < 0)
		reply_code(req, r);
	else
		fuse_reply_statfs(req, &st);
}

static void reply_xattr(fuse_req_t req, ssize_t n, const char *buf, size_t size)
{
	if (n < 0)
		reply_code(req, (int)n);
	else if (size == 0)
		fuse_reply_xattr(req, (size_t)n);
	else
		fuse_reply_buf(req, buf, (size_t)n);
}

static void on_getxattr(fuse_req_t req, fuse_ino_t node, const char *name, size_t size)
{
	auto_free char *buf = malloc(size + 1);
	ssize_t n = buf ? fs_getxattr(fs_of(req), (uint32_t)node, name, buf, size) : -ENOMEM;

	reply_xattr(req, n, buf, size);
}

static void on_listxattr(fuse_req_t req, fuse_ino_t node, size_t size)
{
	auto_free char *buf = malloc(size + 1);
	struct caller caller = caller_of(req);
	ssize_t n = buf ? fs_listxattr(fs_of(req), (uint32_t)node, &caller, buf, size) : -ENOMEM;

	reply_xattr(req, n, buf, size);
}

static void on_setxattr(fuse_req_t req, fuse_ino_t node, const char *name, const char *value,
	size_t size, int flags)
{
	struct caller caller = caller_of(req);
	int r = fs_setxattr(fs_of(req), (uint32_t)node, name, value, size, flags);

	if (r == 0 && !strcmp(name, ACL_ACCESS))
		r = fs_acl_changes(fs_of(req), (uint32_t)node, &caller);
	reply_code(req, r);
}

/* The kernel takes setgid away before it looks whether there is an ACL. */
static void on_removexattr(fuse_req_t req, fuse_ino_t node, const char *name)
{
	struct caller caller = caller_of(req);
	struct fs *fs = fs_of(req);
	int r = 0;

	if (!strcmp(name, ACL_ACCESS))
		r = fs_acl_changes(fs, (uint32_t)node, &caller);
	reply_code(req, r < 0 ? r : fs_setxattr(fs, (uint32_t)node, name, NULL, 0, 0));
}

static void on_readdir(
	fuse_req_t req, fuse_ino_t node, size_t size, off_t offset, struct fuse_file_info *fi)
{
	reply_list(req, (uint32_t)node, size, (uint64_t)offset, false);
}

static void on_readdirplus(
	fuse_req_t req, fuse_ino_t node, size_t size, off_t offset, struct fuse_file_info *fi)
{
	reply_list(req, (uint32_t)node, size, (uint64_t)offset, true);
}

void handle_initialised(void *arg)
{
	struct handlers *handlers = arg;

	handlers->ready(handlers->arg);
}

int handle_admit(void *arg, const struct fuse_in_header *request)
{
	const struct handlers *handlers = arg;

	return caller_admit(handlers->fs, request);
}

int handle_tmpfile(void *arg, uint64_t parent, uint32_t mode, uint32_t mask, uint32_t uid,
	uint32_t gid, struct fuse_entry_param *ret)
{
	struct handlers *handlers = arg;
	struct creation what = { .mode = S_IFREG | (mode & 07777),
		.caller = { .uid = uid, .gid = gid, .umask = mask } };
	struct entry entry;
	int r = fs_tmpfile(handlers->fs, (uint32_t)parent, &what, &entry);

	if (r == 0)
		*ret = param_of(handlers, &entry);
	return r;
}

void handle_unanswered(void *arg, uint64_t node)
{
	struct handlers *handlers = arg;

	fs_forget(handlers->fs, (uint32_t)node, 1);
}

const struct fuse_lowlevel_ops fuse_ops = {
	.init = on_init,
	.lookup = on_lookup,
	.forget = on_forget,
	.forget_multi = on_forget_multi,
	.getattr = on_getattr,
	.setattr = on_setattr,
	.readlink = on_readlink,
	.mknod = on_mknod,
	.mkdir = on_mkdir,
	.symlink = on_symlink,
	.link = on_link,
	.unlink = on_unlink,
	.rmdir = on_rmdir,
	.rename = on_rename,
	.open = on_open,
	.create = on_create,
	.flush = on_flush,
	.opendir = on_opendir,
	.read = on_read,
	.write = on_write,
	.fsync = on_fsync,
	.fsyncdir = on_fsync,
	.fallocate = on_fallocate,
	.lseek = on_lseek,
	.copy_file_range = on_copy_file_range,
	.statfs = on_statfs,
	.getxattr = on_getxattr,
	.listxattr = on_listxattr,
	.setxattr = on_setxattr,
	.removexattr = on_removexattr,
	.readdir = on_readdir,
	.readdirplus = on_readdirplus,
	.ioctl = handle_ioctl,
};
