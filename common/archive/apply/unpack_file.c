/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/archive/apply/unpack_file.h"

#include "common/archive/apply/unpack_data.h"
#include "common/base/scope.h"
#include "common/base/error.h"

#include <fcntl.h>
#include <string.h>

int unpack_file_create(
	const struct unpack_files *files, int dirfd, const char *name, struct archive_entry *entry)
{
	/* Create the file with its final mode where possible, to save a chmod. */
	const mode_t mode = files->restore->spec->ownership == OWNERSHIP_OVERRIDE
				    ? 0700
				    : archive_entry_mode(entry) & 0777;

	return sys(openat(dirfd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode));
}

static int count_data(struct unpack_files *files, int64_t size, struct shale_error *err)
{
	files->bytes += (uint64_t)size;
	if (files->bytes > files->restore->limits->bytes || files->bytes > INT64_MAX)
		return error_fail_plain(err, -EFBIG, "the layer's files are larger than the limit");
	return 0;
}

/* Tells whether the new file gets no xattr. Directories get their default ACL at the end, so the
 * file inherits none. */
static bool has_no_xattrs(struct archive_entry *entry)
{
	return archive_entry_xattr_count(entry) == 0 &&
	       archive_entry_acl_reset(entry, ARCHIVE_ENTRY_ACL_TYPE_ACCESS) == 0;
}

/* Tells the caller's WROTE that a file is complete. Call it after the last change of the file. */
static int report_written(const struct apply_spec *spec, int fd, const struct digest *digest,
	bool no_xattrs, struct shale_error *err)
{
	bool plain = no_xattrs && spec->ownership == OWNERSHIP_REAL;
	struct stat st;
	int r = sys(fstat(fd, &st));

	if (r == 0)
		r = spec->wrote(spec->wrote_arg, &st, digest, plain);
	return r < 0 ? error_fail(err, r, "remember its digest") : 0;
}

/* Sets the times. Call it last, since every other change changes them. */
static int set_times(int fd, const struct timespec times[2], struct shale_error *err)
{
	int r = sys(futimens(fd, times));

	return r < 0 ? error_fail(err, r, "set its times") : 0;
}

/* Closes the file and reports an error of it: some filesystems report ENOSPC only in close(2). */
static int close_file(int *fd, struct shale_error *err)
{
	int r = sys(close(steal_fd(fd)));

	return r < 0 && r != -EINTR ? error_fail(err, r, "write its data") : 0;
}

/* ---- files written by the caller's thread ---- */

static int write_file(
	struct unpack_files *files, int *fd, struct archive_entry *entry, struct shale_error *err)
{
	const struct restore_file file = { -1, NULL, *fd, RESTORE_OPEN, NULL };
	int64_t size = archive_entry_size(entry);
	struct digest digest;
	struct timespec times[2];

	if (files->datasum)
		datasum_begin(files->datasum);
	int r = unpack_data(files->stream, *fd, size, files->datasum, err);
	if (r == 0)
		r = restore_metadata(files->restore, &file, entry, err);
	restore_times(entry, times);
	if (r == 0)
		r = set_times(*fd, times, err);
	/* Without a digest the data came in another order: the file is not reported, and must be
	 * read again later. */
	if (r == 0 && files->datasum && datasum_end(files->datasum, size, &digest))
		r = report_written(files->restore->spec, *fd, &digest, has_no_xattrs(entry), err);
	return r == 0 ? close_file(fd, err) : r;
}

/* ---- files written by the backlog's thread ---- */

static bool may_wait(struct archive_entry *entry)
{
	return archive_entry_size(entry) <= (int64_t)BACKLOG_DATA && has_no_xattrs(entry) &&
	       archive_entry_sparse_count(entry) == 0;
}

/* Queues a file for the backlog's thread, which then owns FD. MADE is the file's stat after its
 * creation. */
static int put_off(struct unpack_files *files, int *fd, const struct stat *made,
	struct archive_entry *entry, struct shale_error *err)
{
	struct backlog_file *file = backlog_room(files->backlog);
	int r = restore_stat(entry, &file->want, err);

	file->size = (size_t)archive_entry_size(entry);
	if (r == 0)
		r = unpack_read(files->stream, file->data, file->size, err);
	if (r < 0)
		return r;
	backlog_name(file, archive_entry_pathname(entry));
	restore_times(entry, file->times);
	file->made = *made;
	file->fd = steal_fd(fd);
	backlog_put(files->backlog);
	return 0;
}

static int report_completed(const struct unpack_files *files, const struct backlog_file *file,
	int fd, struct shale_error *err)
{
	struct digest digest;

	if (!files->backlog_datasum)
		return 0;
	datasum_of_data(files->backlog_datasum, file->data, file->size, &digest);
	return report_written(files->restore->spec, fd, &digest, true, err);
}

static int complete(void *arg, struct backlog_file *file, struct shale_error *err)
{
	const struct unpack_files *files = arg;
	auto_close int fd = steal_fd(&file->fd);
	const struct restore_file restored = { -1, NULL, fd, RESTORE_OPEN, &file->made };

	int r = unpack_write(fd, file->data, file->size, err);
	if (r == 0)
		r = restore_owner(files->restore, &restored, &file->want, err);
	if (r == 0)
		r = set_times(fd, file->times, err);
	if (r == 0)
		r = report_completed(files, file, fd, err);
	return r == 0 ? close_file(&fd, err) : r;
}

int unpack_file_fill(struct unpack_files *files, int fd, const char *path,
	struct archive_entry *entry, struct shale_error *err)
{
	auto_close int file = fd;
	struct stat made;
	int r = count_data(files, archive_entry_size(entry), err);

	if (r == 0 && fstat(file, &made) < 0)
		r = error_fail(err, -errno, "look at it");
	if (r == 0 && path)
		r = tarstream_goes_to(files->stream, path, &made, archive_entry_size(entry), err);
	if (r < 0)
		return r;
	return may_wait(entry) ? put_off(files, &file, &made, entry, err)
			       : write_file(files, &file, entry, err);
}

/* ---- all files of a stream ---- */

int unpack_files_open(struct unpack_files *files, const struct restore *restore)
{
	const bool digests = restore->spec->wrote != NULL;

	*files = (struct unpack_files){ .restore = restore,
		.work = { complete, files },
		.datasum = digests ? datasum_new() : NULL,
		.backlog_datasum = digests ? datasum_new() : NULL };
	files->backlog = backlog_new(&files->work);
	if (files->backlog && (!digests || (files->datasum && files->backlog_datasum)))
		return 0;
	unpack_files_close(files);
	return -ENOMEM;
}

/* Close the backlog first: its thread uses the other fields. */
void unpack_files_close(struct unpack_files *files)
{
	backlog_free(steal_ptr(&files->backlog));
	datasum_free(steal_ptr(&files->datasum));
	datasum_free(steal_ptr(&files->backlog_datasum));
}

bool unpack_files_failed(const struct unpack_files *files)
{
	return backlog_failed(files->backlog);
}

int unpack_files_finish(struct unpack_files *files, struct shale_error *err)
{
	return backlog_finish(files->backlog, err);
}
