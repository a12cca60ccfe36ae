/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/image/overwrite.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>

#include "common/archive/libarchive.h"
#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/image/blobs/spool.h"
#include "common/base/wholeio.h"

enum { CHUNK = 64 * 1024, BLOCK = 512, EMPTY_TAR = 20 * BLOCK };

/* Tells whether the file is a tar without members: two blocks of zeros, or twenty as GNU tar
 * writes. */
static bool is_empty_tar(int fd, off_t size)
{
	char buf[EMPTY_TAR];

	if (size % BLOCK != 0 || size < (off_t)2 * BLOCK || size > EMPTY_TAR)
		return false;
	if (pread(fd, buf, (size_t)size, 0) != size)
		return false;
	for (off_t i = 0; i < size; i++)
		if (buf[i])
			return false;
	return true;
}

static bool has_member(int fd)
{
	struct archive *reader = archive_read_new();
	struct archive_entry *entry;

	if (!reader)
		return false;
	spool_support_filters(reader);
	archive_read_support_format_tar(reader);
	int r = archive_read_open_fd(reader, fd, CHUNK);
	if (r >= ARCHIVE_WARN)
		r = archive_read_next_header(reader, &entry);
	archive_read_free(reader);
	return r == ARCHIVE_OK || r == ARCHIVE_WARN;
}

static int check_file(const char *path, off_t size, struct shale_error *err)
{
	auto_close int fd = sys(open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
	int r = fd < 0 ? fd : libarchive_load(err);

	if (r < 0)
		return error_fail(err, r, "read the existing file");
	return is_empty_tar(fd, size) || has_member(fd) ? 0 : -EEXIST;
}

int overwrite_check(const char *path, const struct stat *st, struct shale_error *err)
{
	int r = 0;

	if (S_ISBLK(st->st_mode))
		r = error_fail_plain(err, -EEXIST, "'%s' is a disk", path);
	else if (S_ISREG(st->st_mode) && st->st_size > 0)
		r = check_file(path, st->st_size, err);
	if (r == -EEXIST && S_ISREG(st->st_mode))
		error_fail_plain(err, r, "'%s' exists, and is no archive", path);
	return r < 0 ? error_remedy(err, r, "replace it all the same: --force") : 0;
}
