/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/archive/decompress.h"

#include "common/archive/gunzip.h"
#include "common/archive/libarchive.h"
#include "common/base/scope.h"
#include "common/base/error.h"

#include <archive.h>
#include <archive_entry.h>
#include <stdbool.h>
#include <string.h>

#define CHUNK ((size_t)256 * 1024)
/* The ratio is not checked for this many bytes: a short stream of zeros is no attack. */
#define FREE_BYTES ((uint64_t)1024 * 1024)

/* A stream that is being decompressed. gzip is decompressed by gunzip.c, because libarchive ignores
 * gzip's checksum; libarchive decompresses everything else. Its format "raw" accepts any stream as
 * one file. */
struct decompress {
	int64_t (*read)(void *arg, void *buf, size_t size);
	void *arg;
	char *chunk;
	size_t held;    /* bytes in CHUNK that were read but not used yet */
	int read_error; /* the error of READ */
	int ended;      /* READ has reported the end */
	bool empty;     /* the stream has no bytes at all */
	uint64_t ratio, taken, given;
	struct archive *archive;
	struct gunzip *gunzip;
};

/* Reads the next bytes of the stream into CHUNK. */
static int64_t read_some(struct decompress *stream)
{
	int64_t n = (int64_t)stream->held;

	stream->held = 0;
	stream->taken += (uint64_t)n;
	if (n > 0 || stream->ended || stream->read_error)
		return n > 0 ? n : stream->read_error;
	do
		n = stream->read(stream->arg, stream->chunk, CHUNK);
	while (n == -EINTR);
	if (n == 0)
		stream->ended = 1;
	if (n < 0)
		stream->read_error = (int)n;
	else
		stream->taken += (uint64_t)n;
	return n;
}

/* Reads the first bytes of the stream, which tell gzip from other formats; READ may return them
 * one by one. */
static int peek(struct decompress *stream)
{
	size_t have = 0;

	while (have < 2) {
		int64_t n;
		do
			n = stream->read(stream->arg, stream->chunk + have, CHUNK - have);
		while (n == -EINTR);
		if (n < 0)
			return (int)n;
		if (n == 0) {
			stream->ended = 1;
			break;
		}
		have += (size_t)n;
	}
	stream->held = have;
	return 0;
}

static la_ssize_t feed_archive(struct archive *archive, void *arg, const void **ret)
{
	struct decompress *stream = arg;
	int64_t n = read_some(stream);

	if (n < 0)
		archive_set_error(archive, (int)-n, "%s", "cannot read the stream");
	*ret = stream->chunk;
	return n < 0 ? -1 : n;
}

static int64_t feed_gunzip(void *arg, const void **ret)
{
	struct decompress *stream = arg;

	*ret = stream->chunk;
	return read_some(stream);
}

/* Fails with libarchive's error. Its text does not always say the reason, and its codes are only
 * sometimes errnos. */
static int archive_fail(struct decompress *stream, struct shale_error *err)
{
	const char *words = archive_error_string(stream->archive);

	if (stream->read_error)
		return error_fail(err, stream->read_error, "read the stream");
	if (archive_errno(stream->archive) == ENOMEM)
		return error_fail(err, -ENOMEM, "read the stream");
	if (words && strstr(words, "too much memory")) {
		error_fail_plain(err, -EFBIG, "its zstd window is larger than 128 MiB");
		return error_remedy(err, -EFBIG,
			"compress it again without --long: zstd -dc --long=31 FILE | zstd");
	}
	return error_fail_plain(
		err, -EBADMSG, "the stream is damaged: %s", words ? words : "it ends too early");
}

/* Enables the compressions that libarchive reads by itself. Fails on ARCHIVE_WARN, which means that
 * libarchive would run a program from PATH to decompress. */
static int support_filters(struct archive *archive)
{
	int (*const filters[])(struct archive *) = { archive_read_support_filter_zstd,
		archive_read_support_filter_bzip2, archive_read_support_filter_xz };

	for (size_t i = 0; i < sizeof(filters) / sizeof(*filters); i++)
		if (filters[i](archive) != ARCHIVE_OK)
			return -ENOSYS;
	return archive_read_support_format_raw(archive) == ARCHIVE_OK &&
			       archive_read_support_format_empty(archive) == ARCHIVE_OK
		       ? 0
		       : -ENOMEM;
}

/* Opens the stream with libarchive. It reports a damaged stream like an empty one; only its error
 * text differs. */
static int open_raw(struct decompress *stream)
{
	struct archive_entry *entry;

	if (archive_read_open(stream->archive, stream, NULL, feed_archive, NULL) != ARCHIVE_OK ||
		archive_error_string(stream->archive))
		return -EBADMSG;
	int r = archive_read_next_header(stream->archive, &entry);
	stream->empty = r == ARCHIVE_EOF;
	return r == ARCHIVE_OK || r == ARCHIVE_EOF ? 0 : -EBADMSG;
}

static int open_archive(struct decompress *stream, struct shale_error *err)
{
	int r = libarchive_load(err);

	if (r < 0)
		return r;
	stream->archive = archive_read_new();
	if (!stream->archive)
		return error_fail(err, -ENOMEM, "open the stream");
	if (support_filters(stream->archive) < 0)
		return error_fail_plain(
			err, -ENOSYS, "libarchive was built without a compression that layers use");
	if (open_raw(stream) < 0)
		return archive_fail(stream, err);
	/* Refuse data that are compressed twice: no other program would compute the same digest.
	 * The count includes libarchive's reader of the stream. */
	if (archive_filter_count(stream->archive) > 2)
		return error_fail_plain(err, -EBADMSG, "the stream is compressed more than once");
	return 0;
}

static int open_all(struct decompress *stream, struct shale_error *err)
{
	stream->chunk = malloc(CHUNK);
	if (!stream->chunk)
		return error_fail(err, -ENOMEM, "open the stream");
	int r = peek(stream);
	if (r < 0)
		return error_fail(err, r, "read the stream");
	if (stream->held < 2 || memcmp(stream->chunk, "\x1f\x8b", 2) != 0)
		return open_archive(stream, err);
	r = gunzip_open(feed_gunzip, stream, &stream->gunzip);
	return r < 0 ? error_fail(err, r, "open the stream") : 0;
}

int decompress_open(int64_t (*read)(void *arg, void *buf, size_t size), void *arg, uint64_t ratio,
	struct decompress **ret, struct shale_error *err)
{
	struct decompress *stream = calloc(1, sizeof(*stream));

	if (!stream)
		return error_fail(err, -ENOMEM, "open the stream");
	stream->read = read;
	stream->arg = arg;
	stream->ratio = ratio;
	int r = open_all(stream, err);
	if (r < 0) {
		decompress_close(stream);
		return r;
	}
	*ret = stream;
	return 0;
}

void decompress_close(struct decompress *stream)
{
	if (!stream)
		return;
	archive_read_free(stream->archive);
	gunzip_close(stream->gunzip);
	free(stream->chunk);
	free(stream);
}

static int next_of_gunzip(
	struct decompress *stream, const void **ret, size_t *ret_size, struct shale_error *err)
{
	const char *why = NULL;
	int r = gunzip_next(stream->gunzip, ret, ret_size, &why);

	if (r >= 0)
		return r;
	if (stream->read_error)
		return error_fail(err, stream->read_error, "read the stream");
	return error_fail_plain(err, r, "the stream is damaged: %s", why);
}

static int next_of_archive(
	struct decompress *stream, const void **ret, size_t *ret_size, struct shale_error *err)
{
	la_int64_t offset;

	if (stream->empty)
		return 0;
	int r = archive_read_data_block(stream->archive, ret, ret_size, &offset);

	if (r == ARCHIVE_OK)
		return 1;
	return r == ARCHIVE_EOF ? 0 : archive_fail(stream, err);
}

int decompress_next(
	struct decompress *stream, const void **ret, size_t *ret_size, struct shale_error *err)
{
	int r = stream->gunzip ? next_of_gunzip(stream, ret, ret_size, err)
			       : next_of_archive(stream, ret, ret_size, err);

	if (r <= 0)
		return r;
	stream->given += *ret_size;
	if (!stream->ratio || stream->given <= FREE_BYTES ||
		stream->given / stream->ratio <= stream->taken)
		return r;
	return error_fail_plain(err, -EFBIG, "the stream unpacks to more than %llu times its size",
		(unsigned long long)stream->ratio);
}

int decompress_drain(struct decompress *stream, struct shale_error *err)
{
	int64_t n;

	do
		n = read_some(stream);
	while (n > 0);
	return n < 0 ? error_fail(err, (int)n, "read the stream") : 0;
}
