/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/archive/stream/stream_record.h"

#include "common/archive/stream/stream_replaced.h"
#include "common/base/scope.h"
#include "common/base/error.h"

#include <fcntl.h>

static int create(int dir, const char *name)
{
	return sys(openat(dir, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
}

int stream_record_begin(int dir, int aside, struct stream_record *ret, struct shale_error *err)
{
	auto_stream_record struct stream_record record = STREAM_RECORD_NONE;

	record.dir = dir;
	record.aside = aside;
	record.file = create(dir, STREAM_FILE);
	record.inos = record.file < 0 ? record.file : create(aside, "inodes");
	if (record.inos < 0)
		return error_fail(err, record.inos, "record the stream");
	int r = stream_writer_new(record.file, record.inos, &record.writer, err);
	if (r < 0)
		return r;
	record.tap = stream_tap_new(record.writer);
	if (!record.tap)
		return error_fail(err, -ENOMEM, "record the stream");
	*ret = record;
	record = STREAM_RECORD_NONE;
	return 0;
}

int stream_record_replace(
	struct stream_record *record, int dirfd, const char *name, const struct stat *st)
{
	return stream_put_aside(record->aside, dirfd, name, st, &record->replaced);
}

static int rewrite(struct stream_record *record, int root, struct shale_error *err)
{
	auto_close int to = create(record->aside, STREAM_FILE);
	const struct stream_rewrite what = { record->file, record->inos, to, root, record->aside,
		record->replaced };

	if (to < 0)
		return error_fail(err, to, "record the stream");
	if (lseek(record->file, 0, SEEK_SET) < 0 || lseek(record->inos, 0, SEEK_SET) < 0)
		return error_fail(err, -errno, "record the stream");
	int r = stream_rewrite(&what, err);
	if (r < 0)
		return r;
	r = sys(renameat(record->aside, STREAM_FILE, record->dir, STREAM_FILE));
	return r < 0 ? error_fail(err, r, "record the stream") : 0;
}

int stream_record_finish(struct stream_record *record, int root, struct shale_error *err)
{
	int r = stream_tap_finish(record->tap, err);

	return r < 0 || !record->replaced ? r : rewrite(record, root, err);
}

void stream_record_end(struct stream_record *record)
{
	stream_tap_free(record->tap);
	stream_writer_free(record->writer);
	cleanup_close(&record->file);
	cleanup_close(&record->inos);
	*record = STREAM_RECORD_NONE;
}
