/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/archive/tarstream.h"

#include "common/cleanup.h"
#include "common/error.h"

#include <openssl/evp.h>
#include <string.h>

#define CHUNK ((size_t)256 * 1024)

/* Two readers in a row: one only decompresses (to libarchive any stream is one "raw" file), and
 * what it gives is hashed on its way to the other, which knows only tar. */
struct shale_tarstream {
	int64_t (*read)(void *arg, void *buf, size_t size);
	void *arg;
	char *chunk;
	int read_error; /* what READ failed with */
	int ended;      /* READ said so */
	struct archive *plain;
	struct archive *tar;
	EVP_MD_CTX *digest;
	uint64_t length; /* of the uncompressed stream so far */
};

static int64_t read_some(struct shale_tarstream *stream)
{
	int64_t n;

	if (stream->ended || stream->read_error)
		return stream->read_error;
	do
		n = stream->read(stream->arg, stream->chunk, CHUNK);
	while (n == -EINTR);
	if (n == 0)
		stream->ended = 1;
	if (n < 0)
		stream->read_error = (int)n;
	return n;
}

static la_ssize_t feed_plain(struct archive *archive, void *arg, const void **ret)
{
	struct shale_tarstream *stream = arg;
	int64_t n = read_some(stream);

	if (n < 0)
		archive_set_error(archive, (int)-n, "%s", "cannot read the stream");
	*ret = stream->chunk;
	return n < 0 ? -1 : n;
}

/* The raw reader's blocks go on without a copy: they live until the next one is asked for. */
static la_ssize_t feed_tar(struct archive *archive, void *arg, const void **ret)
{
	struct shale_tarstream *stream = arg;
	la_int64_t offset;
	size_t size = 0;

	int r = archive_read_data_block(stream->plain, ret, &size, &offset);
	if (r == ARCHIVE_EOF)
		return 0;
	if (r != ARCHIVE_OK) {
		const char *why = archive_error_string(stream->plain);
		archive_set_error(archive, archive_errno(stream->plain), "%s",
			why ? why : "the compressed stream is damaged");
		return -1;
	}
	if (EVP_DigestUpdate(stream->digest, *ret, size) != 1) {
		archive_set_error(archive, ENOMEM, "%s", "sha256 failed");
		return -1;
	}
	stream->length += size;
	return (la_ssize_t)size;
}

/* libarchive's words do not always say why, and its codes are errno only sometimes. */
static int stream_fail(
	struct shale_tarstream *stream, struct archive *archive, struct shale_error *err)
{
	const char *words = archive_error_string(archive);
	int code = archive_errno(archive);

	if (stream->read_error)
		return shale_fail(err, stream->read_error, "read the stream");
	if (code == ENOMEM)
		return shale_fail(err, -ENOMEM, "read the stream");
	return shale_fail_plain(
		err, -EBADMSG, "the stream is damaged: %s", words ? words : "it ends too early");
}

/* ARCHIVE_WARN would mean that libarchive runs a program found in PATH to decompress. */
static int support_filters(struct archive *plain)
{
	int (*const filters[])(struct archive *) = { archive_read_support_filter_gzip,
		archive_read_support_filter_zstd, archive_read_support_filter_bzip2,
		archive_read_support_filter_xz };

	for (size_t i = 0; i < sizeof(filters) / sizeof(*filters); i++)
		if (filters[i](plain) != ARCHIVE_OK)
			return -ENOSYS;
	return archive_read_support_format_raw(plain) == ARCHIVE_OK ? 0 : -ENOMEM;
}

static int open_plain(struct shale_tarstream *stream, struct shale_error *err)
{
	struct archive_entry *entry;

	if (support_filters(stream->plain) < 0)
		return shale_fail_plain(
			err, -ENOSYS, "libarchive was built without a compression that layers use");
	/* The filter bidders look at the first bytes now: with none there is no raw file either. */
	if (archive_read_open(stream->plain, stream, NULL, feed_plain, NULL) != ARCHIVE_OK ||
		archive_read_next_header(stream->plain, &entry) != ARCHIVE_OK) {
		if (stream->ended && !stream->read_error &&
			archive_filter_bytes(stream->plain, -1) == 0)
			return shale_fail_plain(err, -EBADMSG, "the stream is empty");
		return stream_fail(stream, stream->plain, err);
	}
	/* Each filter counts, the reader below them too. What is compressed twice would get a
	 * digest that nobody else computes. */
	if (archive_filter_count(stream->plain) > 2)
		return shale_fail_plain(err, -EBADMSG, "the stream is compressed more than once");
	return 0;
}

static int open_all(struct shale_tarstream *stream, struct shale_error *err)
{
	stream->chunk = malloc(CHUNK);
	stream->plain = archive_read_new();
	stream->tar = archive_read_new();
	stream->digest = EVP_MD_CTX_new();
	if (!stream->chunk || !stream->plain || !stream->tar || !stream->digest ||
		EVP_DigestInit_ex(stream->digest, EVP_sha256(), NULL) != 1)
		return shale_fail(err, -ENOMEM, "open the stream");
	int r = open_plain(stream, err);
	if (r < 0)
		return r;
	if (archive_read_support_format_tar(stream->tar) != ARCHIVE_OK)
		return shale_fail(err, -ENOMEM, "open the stream");
	if (archive_read_open(stream->tar, stream, NULL, feed_tar, NULL) != ARCHIVE_OK)
		return stream_fail(stream, stream->tar, err);
	return 0;
}

int shale_tarstream_open(int64_t (*read)(void *arg, void *buf, size_t size), void *arg,
	struct shale_tarstream **ret, struct shale_error *err)
{
	auto_tarstream struct shale_tarstream *stream = calloc(1, sizeof(*stream));

	if (!stream)
		return shale_fail(err, -ENOMEM, "open the stream");
	stream->read = read;
	stream->arg = arg;
	int r = open_all(stream, err);
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
	archive_read_free(stream->plain);
	EVP_MD_CTX_free(stream->digest);
	free(stream->chunk);
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
		if (stream->length < end + 512)
			return shale_fail_plain(err, -EBADMSG,
				"the stream is damaged: it ends before the archive does");
		return 0;
	}
	/* Names outside ASCII: libarchive says that the C locale cannot hold them, and gives them
	 * as they are, which is what is wanted. */
	const char *words = archive_error_string(stream->tar);
	if (r == ARCHIVE_WARN && words && strstr(words, "can't be converted from"))
		return 1;
	return stream_fail(stream, stream->tar, err);
}

int shale_tarstream_data(
	struct shale_tarstream *stream, struct shale_tarstream_block *ret, struct shale_error *err)
{
	la_int64_t offset = 0;

	int r = archive_read_data_block(stream->tar, &ret->data, &ret->size, &offset);
	ret->offset = offset;
	if (r == ARCHIVE_OK)
		return 1;
	return r == ARCHIVE_EOF ? 0 : stream_fail(stream, stream->tar, err);
}

static int read_rest(struct shale_tarstream *stream, struct shale_error *err)
{
	const void *data;
	la_ssize_t n;
	int64_t raw;

	do
		n = feed_tar(stream->tar, stream, &data);
	while (n > 0);
	if (n < 0)
		return stream_fail(stream, stream->tar, err);
	do
		raw = read_some(stream);
	while (raw > 0);
	return raw < 0 ? shale_fail(err, (int)raw, "read the stream") : 0;
}

int shale_tarstream_finish(
	struct shale_tarstream *stream, char ret[SHALE_DIFF_ID_SIZE], struct shale_error *err)
{
	unsigned char sum[EVP_MAX_MD_SIZE];
	unsigned int size = 0;

	int r = read_rest(stream, err);
	if (r < 0)
		return r;
	if (EVP_DigestFinal_ex(stream->digest, sum, &size) != 1)
		return shale_fail(err, -ENOMEM, "compute a sha256");
	int at = snprintf(ret, SHALE_DIFF_ID_SIZE, "sha256:");
	for (unsigned int i = 0; i < size; i++)
		at += snprintf(ret + at, SHALE_DIFF_ID_SIZE - (size_t)at, "%02x", sum[i]);
	return 0;
}
