/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/archive/apply/unpack_file.h"

#include "common/archive/apply/unpack_data.h"
#include "common/base/scope.h"
#include "common/base/error.h"

#include <fcntl.h>
#include <string.h>

static int count_data(struct unpack *unpack, int64_t size, struct shale_error *err)
{
	unpack->bytes += (uint64_t)size;
	if (unpack->bytes > unpack->limits.bytes || unpack->bytes > INT64_MAX)
		return error_fail_plain(err, -EFBIG, "the layer's files are larger than the limit");
	return 0;
}

/* The mode that a new file gets at once: mostly it is the right one already. */
static mode_t first_mode(const struct unpack *unpack, struct archive_entry *entry)
{
	if (unpack->spec->ownership == OWNERSHIP_OVERRIDE)
		return 0700;
	return archive_entry_mode(entry) & 0777;
}

static int create_file(const struct unpack_target *target, mode_t mode)
{
	return sys(openat(target->dirfd, target->name,
		O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode));
}

/* Nothing gives the new file an xattr: its directory got its default ACL last. */
static bool has_no_xattrs(struct archive_entry *entry)
{
	return archive_entry_xattr_count(entry) == 0 &&
	       archive_entry_acl_reset(entry, ARCHIVE_ENTRY_ACL_TYPE_ACCESS) == 0;
}

/* What the file is, once nothing will be changed any more. */
static int tell(const struct apply_spec *spec, int fd, const struct digest *digest, bool no_xattrs,
	struct shale_error *err)
{
	bool plain = no_xattrs && spec->ownership == OWNERSHIP_REAL;
	struct stat st;
	int r = sys(fstat(fd, &st));

	if (r == 0)
		r = spec->wrote(spec->wrote_arg, &st, digest, plain);
	return r < 0 ? error_fail(err, r, "remember its digest") : 0;
}

/* Times last: everything before moves them. */
static int set_times(int fd, const struct timespec times[2], struct shale_error *err)
{
	int r = sys(futimens(fd, times));

	return r < 0 ? error_fail(err, r, "set its times") : 0;
}

/* close(2) is where some filesystems say ENOSPC. */
static int close_file(int *fd, struct shale_error *err)
{
	int r = sys(close(steal_fd(fd)));

	return r < 0 && r != -EINTR ? error_fail(err, r, "write its data") : 0;
}

/* ---- at once ---- */

static int write_file(struct unpack *unpack, const struct unpack_target *target, int *fd,
	struct archive_entry *entry, struct shale_error *err)
{
	struct restore_file file = { target->dirfd, target->name, *fd, RESTORE_OPEN };
	int64_t size = archive_entry_size(entry);
	struct digest digest;
	struct timespec times[2];

	if (unpack->datasum)
		datasum_begin(unpack->datasum);
	int r = unpack_data(unpack->stream, *fd, size, unpack->datasum, err);
	if (r == 0)
		r = restore_metadata(&unpack->restore, &file, entry, err);
	restore_times(entry, times);
	if (r == 0)
		r = set_times(*fd, times, err);
	/* Where the digest could not be computed, who wants it reads the file. */
	if (r == 0 && unpack->datasum && datasum_end(unpack->datasum, size, &digest))
		r = tell(unpack->spec, *fd, &digest, has_no_xattrs(entry), err);
	return r == 0 ? close_file(fd, err) : r;
}

/* ---- later ---- */

static bool may_wait(struct archive_entry *entry)
{
	return archive_entry_size(entry) <= (int64_t)BACKLOG_DATA && has_no_xattrs(entry) &&
	       archive_entry_sparse_count(entry) == 0;
}

/* Takes FD over on success. */
static int put_off(struct unpack *unpack, const struct unpack_target *target, int *fd,
	struct archive_entry *entry, struct shale_error *err)
{
	struct backlog_file *file = backlog_room(unpack->backlog);
	int r = restore_stat(entry, &file->want, err);

	file->size = (size_t)archive_entry_size(entry);
	if (r == 0)
		r = unpack_read(unpack->stream, file->data, file->size, err);
	if (r < 0)
		return r;
	backlog_name(file, archive_entry_pathname(entry));
	restore_times(entry, file->times);
	file->fd = steal_fd(fd);
	backlog_put(unpack->backlog);
	return 0;
}

static int tell_completed(const struct unpack *unpack, const struct backlog_file *file, int fd,
	struct shale_error *err)
{
	struct digest digest;

	if (!unpack->behind)
		return 0;
	datasum_of_data(unpack->behind, file->data, file->size, &digest);
	return tell(unpack->spec, fd, &digest, true, err);
}

int unpack_regular_complete(void *arg, struct backlog_file *file, struct shale_error *err)
{
	const struct unpack *unpack = arg;
	auto_close int fd = steal_fd(&file->fd);
	const struct restore_file restored = { -1, NULL, fd, RESTORE_OPEN };

	int r = unpack_write(fd, file->data, file->size, err);
	if (r == 0)
		r = restore_owner(&unpack->restore, &restored, &file->want, err);
	if (r == 0)
		r = set_times(fd, file->times, err);
	if (r == 0)
		r = tell_completed(unpack, file, fd, err);
	return r == 0 ? close_file(&fd, err) : r;
}

int unpack_regular_file(struct unpack *unpack, const struct unpack_target *target,
	struct archive_entry *entry, struct shale_error *err)
{
	auto_close int fd = create_file(target, first_mode(unpack, entry));

	if (fd == -EEXIST) {
		int r = unpack_make_room(unpack, target, err);
		if (r < 0)
			return r;
		fd = create_file(target, first_mode(unpack, entry));
	}
	if (fd < 0)
		return error_fail(err, fd, "create it");
	int r = count_data(unpack, archive_entry_size(entry), err);
	if (r == 0 && target->path)
		r = tarstream_goes_to(
			unpack->stream, target->path, fd, archive_entry_size(entry), err);
	if (r < 0)
		return r;
	return may_wait(entry) ? put_off(unpack, target, &fd, entry, err)
			       : write_file(unpack, target, &fd, entry, err);
}
