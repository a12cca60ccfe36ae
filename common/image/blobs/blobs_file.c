/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/image/blobs/blobs.h"

#include <archive.h>
#include <stdbool.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/image/blobs/tar_member.h"
#include "common/image/reference.h"
#include "common/image/blobs/spool.h"

/* Blobs in one file: the whole file, or, if it is an archive, its members. */
struct file_blobs {
	struct blobs base;
	int fd;
	uint64_t size;
	struct members members;
};

static int window(const struct file_blobs *file, uint64_t at, uint64_t size, struct blob *ret,
	struct shale_error *err)
{
	int fd = sys(fcntl(file->fd, F_DUPFD_CLOEXEC, 3));

	if (fd < 0)
		return error_fail(err, fd, "open");
	*ret = (struct blob){ fd, at, size };
	return 0;
}

static int archive_open(
	struct blobs *blobs, const char *name, struct blob *ret, struct shale_error *err)
{
	struct file_blobs *file = (struct file_blobs *)blobs;
	const struct member *member = members_find(&file->members, name);

	if (!member)
		return error_fail_plain(err, -ENOENT, "the archive has no '%.200s'", name);
	return window(file, member->at, member->size, ret, err);
}

static int file_open(
	struct blobs *blobs, const char *name, struct blob *ret, struct shale_error *err)
{
	struct file_blobs *file = (struct file_blobs *)blobs;

	return window(file, 0, file->size, ret, err);
}

static void file_close(struct blobs *blobs)
{
	struct file_blobs *file = (struct file_blobs *)blobs;

	cleanup_close(&file->fd);
	members_free(&file->members);
	free(file);
}

static const struct blobs_ops archive_ops = { "archive", archive_open, file_close };
static const struct blobs_ops file_ops = { "file", file_open, file_close };

static int open_path(const char *path, struct shale_error *err)
{
	struct stat st;
	auto_close int fd = strcmp(path, REFERENCE_STANDARD) == 0
				    ? sys(fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3))
				    : sys(open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY));

	if (fd < 0)
		return error_fail(err, fd, "open '%s'", path);
	if (fstat(fd, &st) < 0)
		return error_fail(err, -errno, "stat '%s'", path);
	if (S_ISDIR(st.st_mode))
		return error_fail(err, -EISDIR, "open '%s'", path);
	if (isatty(fd)) {
		error_fail_plain(err, -ENOTTY, "'%s' is a terminal", path);
		return error_remedy(err, -ENOTTY, "name a file, or redirect standard input");
	}
	return steal_fd(&fd);
}

/* Tells whether FD is a regular file at its beginning: the caller of shale may have read a part of
 * standard input already. */
static bool is_whole_file(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && lseek(fd, 0, SEEK_CUR) == 0;
}

/* Tells whether the regular file FD is compressed: 1, 0, or a negative errno. Restores its
 * position. */
static int is_compressed(int fd, struct shale_error *err)
{
	struct archive *reader;
	int r = spool_reader(fd, &reader, err);

	if (r < 0)
		return r;
	r = archive_filter_code(reader, 0) != ARCHIVE_FILTER_NONE;
	archive_read_free(reader);
	if (lseek(fd, 0, SEEK_SET) < 0)
		return error_fail(err, -errno, "seek");
	return r;
}

static int new_file_blobs(int *fd, struct file_blobs **ret, struct shale_error *err)
{
	struct stat st;

	if (fstat(*fd, &st) < 0)
		return error_fail(err, -errno, "stat");
	struct file_blobs *file = calloc(1, sizeof(*file));
	if (!file)
		return error_fail(err, -ENOMEM, "open");
	file->base.ops = &file_ops;
	file->fd = steal_fd(fd);
	file->size = st.st_size;
	*ret = file;
	return 0;
}

/* Replaces *FD by a decompressed copy. */
static int decompress(int *fd, int spool, struct shale_error *err)
{
	int copy = spool_decompress(*fd, spool, err);

	if (copy < 0)
		return copy;
	cleanup_close(fd);
	*fd = copy;
	return lseek(copy, 0, SEEK_SET) < 0 ? error_fail(err, -errno, "seek") : 0;
}

static int index_members(struct file_blobs *file, int spool, struct shale_error *err)
{
	struct stat st;
	int r = is_compressed(file->fd, err);

	if (r > 0)
		r = decompress(&file->fd, spool, err);
	if (r >= 0)
		r = sys(fstat(file->fd, &st));
	if (r < 0)
		return r;
	file->size = st.st_size;
	file->base.ops = &archive_ops;
	return members_read(file->fd, &file->members, err);
}

int blobs_file_to_archive(struct blobs *blobs, int spool, struct shale_error *err)
{
	int r = index_members((struct file_blobs *)blobs, spool, err);

	return r < 0 ? error_fail(err, r, "read archive") : 0;
}

static int open_file(const char *path, int spool, struct file_blobs **ret, struct shale_error *err)
{
	auto_close int fd = open_path(path, err);

	if (fd < 0)
		return fd;
	int r = is_whole_file(fd) ? 0 : decompress(&fd, spool, err);
	if (r == 0)
		r = new_file_blobs(&fd, ret, err);
	return r < 0 ? error_fail(err, r, "read '%s'", path) : 0;
}

int blobs_archive(const char *path, int spool, struct blobs **ret, struct shale_error *err)
{
	struct file_blobs *file;
	int r = open_file(path, spool, &file, err);

	if (r < 0)
		return r;
	r = index_members(file, spool, err);
	if (r < 0) {
		file_close(&file->base);
		return error_fail(err, r, "read archive '%s'", path);
	}
	*ret = &file->base;
	return 0;
}

int blobs_file(const char *path, int spool, struct blobs **ret, struct shale_error *err)
{
	struct file_blobs *file;
	int r = open_file(path, spool, &file, err);

	if (r == 0)
		*ret = &file->base;
	return r;
}
