/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/powerloss/log.h"

#define FUSE_USE_VERSION 312
#include <errno.h>
#include <fcntl.h>
#include <fuse.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static int disk = -1, log_fd = -1;

static int add(enum log_kind kind, const char *bytes, size_t length, off_t offset)
{
	struct log_header header = { kind, (uint32_t)length, (uint64_t)offset };
	struct iovec iov[] = { { &header, sizeof(header) }, { (char *)bytes, length } };

	return writev(log_fd, iov, 2) == (ssize_t)(sizeof(header) + length) ? 0 : -EIO;
}

static int on_getattr(const char *path, struct stat *st, struct fuse_file_info *fi)
{
	memset(st, 0, sizeof(*st));
	st->st_nlink = 1;
	if (!strcmp(path, "/disk")) {
		if (fstat(disk, st) < 0)
			return -errno;
		st->st_mode = S_IFREG | 0600;
		return 0;
	}
	st->st_mode = !strcmp(path, "/") ? S_IFDIR | 0700 : S_IFREG | 0600;
	return !strcmp(path, "/") || !strcmp(path, "/mark") ? 0 : -ENOENT;
}

static int on_truncate(const char *path, off_t size, struct fuse_file_info *fi)
{
	return !strcmp(path, "/mark") ? 0 : -EPERM;
}

static int on_read(
	const char *path, char *bytes, size_t size, off_t offset, struct fuse_file_info *fi)
{
	ssize_t n = pread(disk, bytes, size, offset);

	return n < 0 ? -errno : (int)n;
}

static int on_write(
	const char *path, const char *bytes, size_t size, off_t offset, struct fuse_file_info *fi)
{
	bool mark = !strcmp(path, "/mark");
	int r = add(mark ? LOG_MARK : LOG_WRITE, bytes, size, mark ? 0 : offset);

	if (r < 0 || mark)
		return r < 0 ? r : (int)size;
	return pwrite(disk, bytes, size, offset) == (ssize_t)size ? (int)size : -EIO;
}

static int on_fsync(const char *path, int data_only, struct fuse_file_info *fi)
{
	return strcmp(path, "/disk") ? 0 : add(LOG_FLUSH, NULL, 0, 0);
}

/* There is no fallocate, so a loop device writes zeros instead of discarding. */
static const struct fuse_operations operations = {
	.getattr = on_getattr,
	.truncate = on_truncate,
	.read = on_read,
	.write = on_write,
	.fsync = on_fsync,
};

int record(const char *program, const char *image, const char *log, const char *dir)
{
	char *argv[] = { (char *)program, (char *)"-s", (char *)dir, NULL };

	disk = open(image, O_RDWR | O_CLOEXEC);
	log_fd = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (disk < 0 || log_fd < 0) {
		perror(disk < 0 ? image : log);
		return 1;
	}
	return fuse_main(3, argv, &operations, NULL);
}
