/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/handlers.h"

#include "common/cleanup.h"
#include "fuse/admit.h"
#include "fuse/merge/data.h"
#include "fuse/merge/fileattr.h"
#include "fuse/caller.h"
#include "fuse/ioctl.h"
#include "fuse/merge/lookup.h"
#include "fuse/reply.h"
#include "fuse/wire.h"

#include <fcntl.h>
#include <string.h>

#define WORTH_A_SPLICE ((size_t)64 * 1024)
#define MOST_COPIED    ((size_t)1 << 30) /* at once: the reply has 32 bits for the number */

/* Beside what libfuse wants by itself. */
static unsigned int capabilities(const struct shale_handlers *handlers)
{
	unsigned int want = FUSE_CAP_DONT_MASK | FUSE_CAP_NO_OPEN_SUPPORT |
			    FUSE_CAP_NO_OPENDIR_SUPPORT | FUSE_CAP_ASYNC_READ | FUSE_CAP_ASYNC_DIO;

	if (!(handlers->without & SHALE_LEVER_PLUS))
		want |= FUSE_CAP_READDIRPLUS;
	if (!(handlers->without & SHALE_LEVER_LINKS))
		want |= FUSE_CAP_CACHE_SYMLINKS;
	if (!(handlers->without & SHALE_LEVER_PARALLEL))
		want |= FUSE_CAP_PARALLEL_DIROPS;
	if (handlers->acls)
		want |= FUSE_CAP_POSIX_ACL;
	if (handlers->writeback)
		want |= FUSE_CAP_WRITEBACK_CACHE;
	if (!(handlers->without & SHALE_LEVER_SPLICE))
		want |= FUSE_CAP_SPLICE_WRITE;
	return want;
}

static void on_init(void *userdata, struct fuse_conn_info *conn)
{
	struct shale_handlers *handlers = userdata;

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
	struct shale_entry entry;
	struct shale_handlers *handlers = shale_handlers_of(req);
	int r = shale_fs_lookup(handlers->fs, (uint32_t)parent, name, &entry);

	if (r == -ENOENT && !(handlers->without & SHALE_LEVER_NEGATIVE)) {
		/* No error but an entry without a node: the kernel remembers that nothing is there.
		 */
		struct fuse_entry_param none = { .entry_timeout = handlers->timeout };
		fuse_reply_entry(req, &none);
		return;
	}
	shale_reply_entry(req, r, &entry);
}

static void on_forget(fuse_req_t req, fuse_ino_t node, uint64_t count)
{
	shale_fs_forget(shale_fs_of(req), (uint32_t)node, count);
	fuse_reply_none(req);
}

static void on_forget_multi(fuse_req_t req, size_t n, struct fuse_forget_data *forgets)
{
	for (size_t i = 0; i < n; i++)
		shale_fs_forget(shale_fs_of(req), (uint32_t)forgets[i].ino, forgets[i].nlookup);
	fuse_reply_none(req);
}

static void on_getattr(fuse_req_t req, fuse_ino_t node, struct fuse_file_info *fi)
{
	struct stat st;
	int r = shale_fs_getattr(shale_fs_of(req), (uint32_t)node, &st);

	shale_reply_attr(req, r, &st);
}

static void on_setattr(
	fuse_req_t req, fuse_ino_t node, struct stat *to, int set, struct fuse_file_info *fi)
{
	struct shale_setting setting = { .st = *to, .caller = shale_caller_of(req) };
	unsigned int what = (unsigned int)set &
			    (SHALE_SET_MODE | SHALE_SET_UID | SHALE_SET_GID | SHALE_SET_SIZE |
				    SHALE_SET_ATIME | SHALE_SET_MTIME);
	struct stat st;

	if (set & FUSE_SET_ATTR_ATIME_NOW) {
		what |= SHALE_SET_ATIME;
		setting.st.st_atim.tv_nsec = UTIME_NOW;
	}
	if (set & FUSE_SET_ATTR_MTIME_NOW) {
		what |= SHALE_SET_MTIME;
		setting.st.st_mtim.tv_nsec = UTIME_NOW;
	}
	if (fi)
		what |= SHALE_SET_BY_FILE;
	if (shale_wire_setattr_kills_privileges())
		what |= SHALE_SET_KILL;
	setting.what = what;
	int r = shale_fs_setattr(shale_fs_of(req), (uint32_t)node, &setting, &st);
	shale_reply_attr(req, r, &st);
}

static void on_readlink(fuse_req_t req, fuse_ino_t node)
{
	auto_free char *target = NULL;
	int r = shale_fs_readlink(shale_fs_of(req), (uint32_t)node, &target);

	if (r < 0)
		shale_reply_code(req, r);
	else
		fuse_reply_readlink(req, target);
}

static void create(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode, dev_t rdev,
	const char *target)
{
	struct shale_creation what = {
		.mode = mode, .rdev = rdev, .target = target, .caller = shale_caller_of(req)
	};
	struct shale_entry entry;
	int r = shale_fs_create(shale_fs_of(req), (uint32_t)parent, name, &what, &entry);

	shale_reply_entry(req, r, &entry);
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
	struct shale_entry entry;
	int r = shale_fs_link(shale_fs_of(req), (uint32_t)node, (uint32_t)parent, name, &entry);

	shale_reply_entry(req, r, &entry);
}

static void on_unlink(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	shale_reply_code(req, shale_fs_remove(shale_fs_of(req), (uint32_t)parent, name, false));
}

static void on_rmdir(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	shale_reply_code(req, shale_fs_remove(shale_fs_of(req), (uint32_t)parent, name, true));
}

static void on_rename(fuse_req_t req, fuse_ino_t parent, const char *name, fuse_ino_t new_parent,
	const char *new_name, unsigned int flags)
{
	shale_reply_code(req, shale_fs_rename(shale_fs_of(req), (uint32_t)parent, name,
				      (uint32_t)new_parent, new_name, flags));
}

/* ENOSYS is answered once for the whole mount: from then on the kernel opens and closes by itself.
 * Where it asks, a file is copied up as early as on a kernel mount. */
static void on_open(fuse_req_t req, fuse_ino_t node, struct fuse_file_info *fi)
{
	auto_ref struct shale_ref ref = SHALE_REF_NONE;

	if (!(shale_handlers_of(req)->without & SHALE_LEVER_OPEN)) {
		fuse_reply_err(req, ENOSYS);
		return;
	}
	int r = 0;
	if ((fi->flags & O_ACCMODE) != O_RDONLY)
		r = shale_fs_open_write(shale_fs_of(req), (uint32_t)node, &ref);
	if (r < 0) {
		shale_reply_code(req, r);
		return;
	}
	fi->keep_cache = 1;
	fuse_reply_open(req, fi);
}

static void on_opendir(fuse_req_t req, fuse_ino_t node, struct fuse_file_info *fi)
{
	unsigned int without = shale_handlers_of(req)->without;

	if (!(without & (SHALE_LEVER_OPEN | SHALE_LEVER_DIRS))) {
		fuse_reply_err(req, ENOSYS);
		return;
	}
	fi->keep_cache = fi->cache_readdir = !(without & SHALE_LEVER_DIRS);
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
	auto_ref struct shale_ref ref = SHALE_REF_NONE;
	struct fuse_bufvec data = FUSE_BUFVEC_INIT(size);
	int fd = shale_fs_open_read(shale_fs_of(req), node, &ref);

	data.buf[0].flags = FUSE_BUF_IS_FD | FUSE_BUF_FD_SEEK | FUSE_BUF_FD_RETRY;
	data.buf[0].fd = fd;
	data.buf[0].pos = offset;
	if (fd < 0)
		shale_reply_code(req, fd);
	else
		fuse_reply_data(req, &data, 0);
}

static void reply_copied(fuse_req_t req, uint32_t node, size_t size, off_t offset)
{
	auto_free char *buf = malloc(size);
	ssize_t n = buf ? shale_fs_read(shale_fs_of(req), node, buf, size, offset) : -ENOMEM;

	if (n < 0)
		shale_reply_code(req, (int)n);
	else
		fuse_reply_buf(req, buf, (size_t)n);
}

static void on_read(
	fuse_req_t req, fuse_ino_t node, size_t size, off_t offset, struct fuse_file_info *fi)
{
	bool splice = !(shale_handlers_of(req)->without & SHALE_LEVER_SPLICE);

	if (splice && size >= WORTH_A_SPLICE)
		reply_spliced(req, (uint32_t)node, size, offset);
	else
		reply_copied(req, (uint32_t)node, size, offset);
}

static void on_write(fuse_req_t req, fuse_ino_t node, const char *buf, size_t size, off_t offset,
	struct fuse_file_info *fi)
{
	struct shale_fs *fs = shale_fs_of(req);
	struct shale_caller caller = shale_caller_of(req);
	bool kill = shale_wire_write_kills_privileges();
	int protects = fi->flags & O_APPEND ? FS_IMMUTABLE_FL : SHALE_PROTECTED_FL;
	/* Pages of a mapping may have been changed before the file was protected. */
	ssize_t n = fi->writepage ? 0 : shale_fs_unprotected(fs, (uint32_t)node, protects);

	if (n == 0 && fi->writepage)
		n = shale_fs_write_kept(fs, (uint32_t)node, buf, size, offset);
	else if (n == 0)
		n = shale_fs_write(fs, (uint32_t)node, buf, size, offset, kill ? &caller : NULL);
	/* Pages that the kernel writes by itself it takes for written, however few were. */
	if (n >= 0 && (size_t)n < size && fi->writepage)
		n = -ENOSPC;
	if (n < 0)
		shale_reply_code(req, (int)n);
	else
		fuse_reply_write(req, (size_t)n);
}

static void on_fsync(fuse_req_t req, fuse_ino_t node, int data_only, struct fuse_file_info *fi)
{
	shale_reply_code(req, shale_fs_sync(shale_fs_of(req), (uint32_t)node, data_only));
}

static void on_fallocate(fuse_req_t req, fuse_ino_t node, int mode, off_t offset, off_t length,
	struct fuse_file_info *fi)
{
	struct shale_caller caller = shale_caller_of(req);
	shale_reply_code(req, shale_fs_fallocate(shale_fs_of(req), (uint32_t)node, mode, offset,
				      length, &caller));
}

static void on_lseek(
	fuse_req_t req, fuse_ino_t node, off_t offset, int whence, struct fuse_file_info *fi)
{
	off_t at = shale_fs_seek(shale_fs_of(req), (uint32_t)node, offset, whence);

	if (at < 0)
		shale_reply_code(req, (int)at);
	else
		fuse_reply_lseek(req, at);
}

static void on_copy_file_range(fuse_req_t req, fuse_ino_t from, off_t from_offset,
	struct fuse_file_info *from_fi, fuse_ino_t to, off_t to_offset,
	struct fuse_file_info *to_fi, size_t size, int flags)
{
	struct shale_caller caller = shale_caller_of(req);
	struct shale_copy_range range = { .from = (uint32_t)from,
		.to = (uint32_t)to,
		.from_offset = from_offset,
		.to_offset = to_offset,
		.size = size < MOST_COPIED ? size : MOST_COPIED,
		.kill = &caller };
	ssize_t n = shale_fs_copy_range(shale_fs_of(req), &range);

	if (n < 0)
		shale_reply_code(req, (int)n);
	else
		fuse_reply_write(req, (size_t)n);
}

static void on_statfs(fuse_req_t req, fuse_ino_t node)
{
	struct statvfs st;
	int r = shale_fs_statfs(shale_fs_of(req), &st);

	if (r < 0)
		shale_reply_code(req, r);
	else
		fuse_reply_statfs(req, &st);
}

static void reply_xattr(fuse_req_t req, ssize_t n, const char *buf, size_t size)
{
	if (n < 0)
		shale_reply_code(req, (int)n);
	else if (size == 0)
		fuse_reply_xattr(req, (size_t)n);
	else
		fuse_reply_buf(req, buf, (size_t)n);
}

static void on_getxattr(fuse_req_t req, fuse_ino_t node, const char *name, size_t size)
{
	auto_free char *buf = malloc(size + 1);
	ssize_t n = buf ? shale_fs_getxattr(shale_fs_of(req), (uint32_t)node, name, buf, size)
			: -ENOMEM;

	reply_xattr(req, n, buf, size);
}

static void on_listxattr(fuse_req_t req, fuse_ino_t node, size_t size)
{
	auto_free char *buf = malloc(size + 1);
	struct shale_caller caller = shale_caller_of(req);
	ssize_t n = buf ? shale_fs_listxattr(shale_fs_of(req), (uint32_t)node, &caller, buf, size)
			: -ENOMEM;

	reply_xattr(req, n, buf, size);
}

static void on_setxattr(fuse_req_t req, fuse_ino_t node, const char *name, const char *value,
	size_t size, int flags)
{
	struct shale_caller caller = shale_caller_of(req);
	int r = shale_fs_setxattr(shale_fs_of(req), (uint32_t)node, name, value, size, flags);

	if (r == 0 && !strcmp(name, SHALE_ACL_ACCESS))
		r = shale_fs_acl_changes(shale_fs_of(req), (uint32_t)node, &caller);
	shale_reply_code(req, r);
}

/* The kernel takes setgid away before it looks whether there is an ACL. */
static void on_removexattr(fuse_req_t req, fuse_ino_t node, const char *name)
{
	struct shale_caller caller = shale_caller_of(req);
	struct shale_fs *fs = shale_fs_of(req);
	int r = 0;

	if (!strcmp(name, SHALE_ACL_ACCESS))
		r = shale_fs_acl_changes(fs, (uint32_t)node, &caller);
	shale_reply_code(req, r < 0 ? r : shale_fs_setxattr(fs, (uint32_t)node, name, NULL, 0, 0));
}

static void on_readdir(
	fuse_req_t req, fuse_ino_t node, size_t size, off_t offset, struct fuse_file_info *fi)
{
	shale_reply_list(req, (uint32_t)node, size, (uint64_t)offset, false);
}

static void on_readdirplus(
	fuse_req_t req, fuse_ino_t node, size_t size, off_t offset, struct fuse_file_info *fi)
{
	shale_reply_list(req, (uint32_t)node, size, (uint64_t)offset, true);
}

void shale_handle_initialised(void *arg)
{
	struct shale_handlers *handlers = arg;

	handlers->ready(handlers->arg);
}

int shale_handle_admit(void *arg, const struct fuse_in_header *request)
{
	const struct shale_handlers *handlers = arg;

	return shale_admit(handlers->fs, request);
}

int shale_handle_tmpfile(void *arg, uint64_t parent, uint32_t mode, uint32_t mask, uint32_t uid,
	uint32_t gid, struct fuse_entry_param *ret)
{
	struct shale_handlers *handlers = arg;
	struct shale_creation what = { .mode = S_IFREG | (mode & 07777),
		.caller = { .uid = uid, .gid = gid, .umask = mask } };
	struct shale_entry entry;
	int r = shale_fs_tmpfile(handlers->fs, (uint32_t)parent, &what, &entry);

	if (r == 0)
		*ret = shale_param_of(handlers, &entry);
	return r;
}

void shale_handle_unanswered(void *arg, uint64_t node)
{
	struct shale_handlers *handlers = arg;

	shale_fs_forget(handlers->fs, (uint32_t)node, 1);
}

const struct fuse_lowlevel_ops shale_fuse_ops = {
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
	.ioctl = shale_handle_ioctl,
};
