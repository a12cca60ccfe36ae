/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/image/blobs/spool.h"

#include <archive.h>
#include <archive_entry.h>

#include "common/archive/libarchive.h"
#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/base/wholeio.h"
#include "common/base/nameless.h"

enum { CHUNK = 256 * 1024 };

int spool_open(int dir, struct shale_error *err)
{
	int fd = nameless_open(dir);

	return fd < 0 ? error_fail(err, fd, "make a nameless file") : fd;
}

int spool_fail(struct archive *reader, struct shale_error *err)
{
	int code = archive_errno(reader);
	const char *words = archive_error_string(reader);

	/* Some of libarchive's codes are no errnos: -1 for "misc", 84 for "file format". */
	if (code <= 0 || code == EILSEQ)
		code = EBADMSG;
	return error_fail_plain(err, -code, "%s", words ? words : "unreadable");
}

void spool_support_filters(struct archive *reader)
{
	archive_read_support_filter_gzip(reader);
	archive_read_support_filter_zstd(reader);
	archive_read_support_filter_xz(reader);
	archive_read_support_filter_bzip2(reader);
}

int spool_reader(int fd, struct archive **ret, struct shale_error *err)
{
	struct archive_entry *entry;
	int r = libarchive_load(err);

	if (r < 0)
		return r;
	struct archive *reader = archive_read_new();
	if (!reader)
		return error_fail(err, -ENOMEM, "decompress");
	spool_support_filters(reader);
	archive_read_support_format_raw(reader);
	archive_read_support_format_empty(reader);
	r = archive_read_open_fd(reader, fd, CHUNK);
	if (r >= ARCHIVE_WARN)
		r = archive_read_next_header(reader, &entry);
	if (r < ARCHIVE_WARN) {
		r = spool_fail(reader, err);
		archive_read_free(reader);
		return r;
	}
	if (r == ARCHIVE_EOF) {
		archive_read_free(reader);
		return error_fail_plain(err, -EBADMSG, "empty");
	}
	*ret = reader;
	return 0;
}

static int copy_stream(struct archive *reader, int out, struct shale_error *err)
{
	auto_free char *buf = malloc(CHUNK);

	if (!buf)
		return error_fail(err, -ENOMEM, "decompress");
	for (;;) {
		la_ssize_t n = archive_read_data(reader, buf, CHUNK);
		if (n == ARCHIVE_RETRY)
			continue;
		if (n < 0)
			return spool_fail(reader, err);
		if (n == 0)
			return 0;
		int r = fd_write_all(out, buf, n);
		if (r < 0)
			return error_fail(err, r, "write decompressed data");
	}
}

int spool_decompress(int fd, int dir, struct shale_error *err)
{
	auto_close int spool = spool_open(dir, err);
	struct archive *reader;

	if (spool < 0)
		return spool;
	int r = spool_reader(fd, &reader, err);
	if (r < 0)
		return r;
	r = copy_stream(reader, spool, err);
	archive_read_free(reader);
	return r < 0 ? r : steal_fd(&spool);
}
