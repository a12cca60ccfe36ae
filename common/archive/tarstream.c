/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/archive/tarstream.h"

#include "common/archive/libarchive.h"
#include "common/archive/readahead.h"
#include "common/cleanup.h"
#include "common/error.h"

#include <string.h>

/* What the first stage decompresses and hashes goes to libarchive, which knows only tar here. */
struct shale_tarstream {
	struct shale_readahead *plain;
	struct archive *tar;
	struct shale_error upstream; /* what the first stage failed with */
};

static la_ssize_t feed_tar(struct archive *archive, void *arg, const void **ret)
{
	struct shale_tarstream *stream = arg;
	size_t size = 0;
	int r = shale_readahead_next(stream->plain, ret, &size, &stream->upstream);

	if (r < 0)
		archive_set_error(archive, -r, "%s", "cannot read the stream");
	return r < 0 ? -1 : (la_ssize_t)size;
}

/* libarchive's words do not always say why, and its codes are errno only sometimes. */
static int stream_fail(struct shale_tarstream *stream, struct shale_error *err)
{
	const char *words = archive_error_string(stream->tar);

	if (stream->upstream.code)
		return shale_fail_plain(err, stream->upstream.code, "%s", stream->upstream.text);
	if (archive_errno(stream->tar) == ENOMEM)
		return shale_fail(err, -ENOMEM, "read the archive");
	return shale_fail_plain(
		err, -EBADMSG, "the archive is damaged: %s", words ? words : "it ends too early");
}

static int open_all(struct shale_tarstream *stream, struct shale_error *err)
{
	int r = shale_libarchive_load(err);

	if (r < 0)
		return r;
	stream->tar = archive_read_new();
	if (!stream->tar || archive_read_support_format_tar(stream->tar) != ARCHIVE_OK)
		return shale_fail(err, -ENOMEM, "open the archive");
	if (archive_read_open(stream->tar, stream, NULL, feed_tar, NULL) != ARCHIVE_OK)
		return stream_fail(stream, err);
	return 0;
}

int shale_tarstream_open(int64_t (*read)(void *arg, void *buf, size_t size), void *arg,
	uint64_t ratio, struct shale_tarstream **ret, struct shale_error *err)
{
	auto_tarstream struct shale_tarstream *stream = calloc(1, sizeof(*stream));

	if (!stream)
		return shale_fail(err, -ENOMEM, "open the archive");
	int r = shale_readahead_open(read, arg, ratio, &stream->plain, err);
	if (r >= 0)
		r = open_all(stream, err);
	if (r < 0)
		return r;
	*ret = steal_ptr(&stream);
	return 0;
}

void shale_tarstream_close(struct shale_tarstream *stream)
{
	if (!stream)
		return;
	archive_read_free(stream->tar);
	shale_readahead_close(stream->plain);
	free(stream);
}

int shale_tarstream_next(
	struct shale_tarstream *stream, struct archive_entry **ret, struct shale_error *err)
{
	int r = archive_read_next_header(stream->tar, ret);

	if (r == ARCHIVE_OK)
		return 1;
	if (r == ARCHIVE_EOF) {
		/* libarchive takes a stream that just stops between two entries for a whole one. */
		uint64_t end = (uint64_t)archive_read_header_position(stream->tar);
		if (shale_readahead_length(stream->plain) < end + 512)
			return shale_fail_plain(
				err, -EBADMSG, "the archive is damaged: it ends too early");
		return 0;
	}
	/* Names outside ASCII: libarchive says that the C locale cannot hold them, and gives them
	 * as they are, which is what is wanted. */
	const char *words = archive_error_string(stream->tar);
	if (r == ARCHIVE_WARN && words && strstr(words, "can't be converted from"))
		return 1;
	return stream_fail(stream, err);
}

int shale_tarstream_data(
	struct shale_tarstream *stream, struct shale_tarstream_block *ret, struct shale_error *err)
{
	la_int64_t offset = 0;

	int r = archive_read_data_block(stream->tar, &ret->data, &ret->size, &offset);
	ret->offset = offset;
	if (r == ARCHIVE_OK)
		return 1;
	return r == ARCHIVE_EOF ? 0 : stream_fail(stream, err);
}

int shale_tarstream_finish(
	struct shale_tarstream *stream, char ret[SHALE_DIFF_ID_SIZE], struct shale_error *err)
{
	int r = shale_readahead_finish(stream->plain, ret, &stream->upstream);

	return r < 0 ? stream_fail(stream, err) : 0;
}
