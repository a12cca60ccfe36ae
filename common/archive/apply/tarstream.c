/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/archive/apply/tarstream.h"

#include "common/archive/apply/entry_fields.h"
#include "common/archive/apply/entry_xattrs.h"
#include "common/archive/apply/tar_headers.h"
#include "common/archive/libarchive.h"
#include "common/archive/apply/decompress_thread.h"
#include "common/base/scope.h"
#include "common/base/error.h"

#include <string.h>
#include <sys/stat.h>

#define BLOCK       ((size_t)512)
#define MOST_BEHIND ((size_t)64 * 1024 * 1024)

/* A stream passes two stages. The first one decompresses and hashes. The second one is libarchive,
 * which reads only tar here. */
struct tarstream {
	struct readahead *plain;
	struct stream_tap *tap; /* may be NULL */
	struct archive *tar;
	struct headers headers;
	bool in_headers;    /* libarchive reads headers of the next entry now */
	uint64_t header_at; /* offset in the stream where the headers of the next entry begin */
	bool goes_to_file;  /* the caller has said into which file the data go */
	bool in_data;       /* the entry has data left to read */
	bool end_given, lacks_end;
	bool vouched; /* the caller compares a digest, which shows whether the stream is complete */
	/* the error of the first stage, which libarchive does not pass on */
	struct shale_error upstream;
};

static size_t padding_of(uint64_t length)
{
	return (BLOCK - length % BLOCK) % BLOCK;
}

/* The offset that libarchive has reached in its input. */
static uint64_t read_position(struct archive *tar)
{
	la_int64_t position = archive_filter_bytes(tar, 0);

	return position < 0 ? 0 : (uint64_t)position;
}

static uint64_t header_position(struct archive *tar)
{
	la_int64_t position = archive_read_header_position(tar);

	return position < 0 ? 0 : (uint64_t)position;
}

/* Adds the end mark that the stream lacks, so that libarchive accepts it. A program in Go that does
 * not close its writer leaves out the end mark and the padding of the last entry, and Go's reader
 * accepts that. The tap and the digest do not see the added bytes. */
static int give_end(struct tarstream *stream, const void **ret, size_t *ret_size)
{
	static const char zeros[3 * BLOCK];

	if (stream->end_given)
		return 0;
	stream->end_given = true;
	*ret = zeros;
	*ret_size = 2 * BLOCK + padding_of(decompress_thread_length(stream->plain));
	tar_headers_feed(&stream->headers, *ret, *ret_size);
	return 1;
}

static int next_piece(struct tarstream *stream, uint64_t taken, const void **ret, size_t *ret_size)
{
	const uint64_t length = decompress_thread_length(stream->plain);
	const uint64_t done = taken < length ? taken : length;
	int r = stream->tap ? stream_tap_release(stream->tap, done, &stream->upstream) : 0;

	if (stream->in_headers)
		tar_headers_keep(&stream->headers, stream->header_at);
	if (r == 0)
		r = decompress_thread_next(stream->plain, ret, ret_size, &stream->upstream);
	if (r > 0)
		tar_headers_feed(&stream->headers, *ret, *ret_size);
	if (r > 0 && stream->tap)
		stream_tap_feed(stream->tap, *ret, *ret_size);
	return r;
}

static la_ssize_t feed_tar(struct archive *archive, void *arg, const void **ret)
{
	struct tarstream *stream = arg;
	size_t size = 0;
	int r = next_piece(stream, read_position(archive), ret, &size);

	if (r == 0)
		r = give_end(stream, ret, &size);
	if (r < 0)
		archive_set_error(archive, -r, "%s", "cannot read the stream");
	return r < 0 ? -1 : (la_ssize_t)size;
}

/* Fails with libarchive's error. Adds the reason from our own reader, since libarchive's text often
 * lacks it, and its codes are only sometimes errnos. */
static int stream_fail(struct tarstream *stream, struct shale_error *err)
{
	const char *words = archive_error_string(stream->tar);

	if (stream->upstream.code)
		return error_fail_plain(err, stream->upstream.code, "%s", stream->upstream.text);
	if (archive_errno(stream->tar) == ENOMEM)
		return error_fail(err, -ENOMEM, "read the archive");
	return error_fail_plain(
		err, -EBADMSG, "the archive is damaged: %s", words ? words : "it ends too early");
}

/* Tells whether the stream itself has bytes up to POSITION; the added end mark does not count. */
static bool is_there(const struct tarstream *stream, uint64_t position)
{
	return position <= decompress_thread_length(stream->plain);
}

static int fail_cut(struct shale_error *err)
{
	return error_fail_plain(err, -EBADMSG, "the archive is damaged: it ends too early");
}

static int open_all(struct tarstream *stream, struct shale_error *err)
{
	int r = libarchive_load(err);

	if (r < 0)
		return r;
	/* Opening the archive already reads some of the stream, to find out whether it is a tar. */
	stream->in_headers = true;
	stream->tar = archive_read_new();
	if (!stream->tar || archive_read_support_format_tar(stream->tar) != ARCHIVE_OK)
		return error_fail(err, -ENOMEM, "open the archive");
	if (archive_read_open(stream->tar, stream, NULL, feed_tar, NULL) != ARCHIVE_OK)
		return stream_fail(stream, err);
	return 0;
}

int tarstream_open(
	const struct tarstream_source *source, struct tarstream **ret, struct shale_error *err)
{
	auto_tarstream struct tarstream *stream = calloc(1, sizeof(*stream));

	if (!stream)
		return error_fail(err, -ENOMEM, "open the archive");
	stream->tap = source->tap;
	stream->vouched = source->plain.digest_as != NULL;
	int r = decompress_thread_open(&source->plain, &stream->plain, err);
	if (r >= 0)
		r = open_all(stream, err);
	if (r < 0)
		return r;
	*ret = steal_ptr(&stream);
	return 0;
}

void tarstream_close(struct tarstream *stream)
{
	if (!stream)
		return;
	archive_read_free(stream->tar);
	tar_headers_free(&stream->headers);
	decompress_thread_close(stream->plain);
	free(stream);
}

/* Handles the end of the archive. END is the offset of its end mark. */
static int end_entries(struct tarstream *stream, uint64_t end, struct shale_error *err)
{
	const uint64_t length = decompress_thread_length(stream->plain);

	if (end > length + padding_of(length))
		return fail_cut(err);
	stream->lacks_end = length < end + BLOCK;
	return 0;
}

/* Skips the data of an entry that the caller did not read. */
static int skip_data(struct tarstream *stream, struct shale_error *err)
{
	struct tarstream_block block;
	int r = 1;

	stream->goes_to_file = false;
	while (r > 0 && stream->in_data)
		r = tarstream_data(stream, &block, err);
	return r;
}

static bool is_zero_block(const char *block)
{
	static const char zeros[BLOCK];

	return !memcmp(block, zeros, BLOCK);
}

/* Tells whether headers without an entry stand at the end of the archive. Go's reader ignores them,
 * but libarchive fails. */
static bool ends_behind(const struct entry_headers *headers)
{
	return headers->has_more && (!headers->own || is_zero_block(headers->own));
}

/* Tells whether libarchive's warning is harmless. It warns if the C locale cannot represent a name
 * outside ASCII, but returns the name unchanged, as we need it. It also warns if an entry has
 * several extended headers. */
static bool is_known_warning(struct tarstream *stream, const struct entry_headers *headers)
{
	const char *words = archive_error_string(stream->tar);

	return headers->n_extended > 1 || (words && strstr(words, "can't be converted from"));
}

static int fail_headers(int code, struct shale_error *err)
{
	return code == -EBADMSG ? error_fail_plain(err, code,
					  "the archive is damaged: an extended header is not valid")
				: error_fail(err, code, "read the headers of an entry");
}

static int correct(
	const struct entry_headers *headers, struct archive_entry *entry, struct shale_error *err)
{
	int r = headers->damaged ? -EBADMSG : entry_fields_read(headers, entry);

	if (r == 0)
		r = entry_xattrs_read(headers, entry);
	return r < 0 ? fail_headers(r, err) : 1;
}

static int next_entry(struct tarstream *stream, struct archive_entry **ret, struct shale_error *err)
{
	struct entry_headers headers;

	/* Read the position before the headers: if they cannot be read, libarchive does not tell
	 * it. */
	stream->header_at = read_position(stream->tar);
	stream->header_at += padding_of(stream->header_at);
	stream->in_headers = true;
	int result = archive_read_next_header(stream->tar, ret);
	stream->in_headers = false;
	if (result == ARCHIVE_EOF)
		return end_entries(stream, header_position(stream->tar), err);
	const bool failed = result < ARCHIVE_WARN;
	int r = tar_headers_read(&stream->headers, stream->header_at,
		failed ? stream->headers.end : read_position(stream->tar), &headers);
	if (r < 0)
		return fail_headers(r, err);
	if (failed && !stream->upstream.code && ends_behind(&headers) &&
		(stream->vouched || is_there(stream, headers.own_at + BLOCK)))
		return end_entries(stream, headers.own_at, err);
	if (!failed && !is_there(stream, read_position(stream->tar)))
		return fail_cut(err);
	stream->in_data = true;
	if (result == ARCHIVE_OK || (result == ARCHIVE_WARN && is_known_warning(stream, &headers)))
		return correct(&headers, *ret, err);
	return stream_fail(stream, err);
}

int tarstream_next(struct tarstream *stream, struct archive_entry **ret, struct shale_error *err)
{
	int r = skip_data(stream, err);

	return r < 0 ? r : next_entry(stream, ret, err);
}

int tarstream_goes_to(struct tarstream *stream, const char *path, const struct stat *st,
	int64_t size, struct shale_error *err)
{
	if (!stream->tap)
		return 0;
	stream->goes_to_file = true;
	return stream_tap_file(stream->tap, path, st, (uint64_t)size, err);
}

int tarstream_data(struct tarstream *stream, struct tarstream_block *ret, struct shale_error *err)
{
	la_int64_t offset = 0;

	int r = archive_read_data_block(stream->tar, &ret->data, &ret->size, &offset);
	ret->offset = offset;
	stream->in_data = r == ARCHIVE_OK;
	if (r != ARCHIVE_OK)
		return r == ARCHIVE_EOF ? 0 : stream_fail(stream, err);
	const uint64_t at = read_position(stream->tar);
	if (!is_there(stream, at + ret->size))
		return fail_cut(err);
	if (stream->goes_to_file)
		r = stream_tap_data(stream->tap, at, ret->size, (uint64_t)offset, err);
	return r < 0 ? r : 1;
}

bool tarstream_lacks_end(const struct tarstream *stream)
{
	return stream->lacks_end;
}

/* Reads the rest, so that the tap sees the whole stream. Accepts only a limited length behind the
 * archive: writers fill the last record with zeros, and GNU tar's largest record has 32 MiB. */
static int read_rest(struct tarstream *stream)
{
	const void *data;
	size_t size, behind = 0;
	int r;

	while ((r = next_piece(stream, 0, &data, &size)) > 0) {
		behind += size;
		if (behind > MOST_BEHIND && !stream->vouched)
			return error_fail_plain(&stream->upstream, -EFBIG,
				"more than 64 MiB follow the end of the archive");
	}
	return r;
}

int tarstream_finish(struct tarstream *stream, char ret[DIFF_ID_SIZE], struct shale_error *err)
{
	int r = read_rest(stream);

	if (r == 0)
		r = decompress_thread_finish(stream->plain, ret, &stream->upstream);
	return r < 0 ? stream_fail(stream, err) : 0;
}
