/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/archive/tarstream.h"

#include "common/archive/decompress.h"
#include "common/cleanup.h"
#include "common/error.h"

#include <openssl/evp.h>
#include <string.h>

/* What the first stage decompresses is hashed on its way to libarchive, which knows only tar here.
 */
struct shale_tarstream {
	struct shale_decompress *plain;
	struct archive *tar;
	EVP_MD_CTX *digest;
	uint64_t length;             /* of the uncompressed stream so far */
	struct shale_error upstream; /* what the first stage failed with */
};

/* 1, 0 at the end, or a negative errno. */
static int next_plain(struct shale_tarstream *stream, const void **ret, size_t *ret_size)
{
	int r = shale_decompress_next(stream->plain, ret, ret_size, &stream->upstream);

	if (r <= 0)
		return r;
	if (EVP_DigestUpdate(stream->digest, *ret, *ret_size) != 1)
		return shale_fail(&stream->upstream, -ENOMEM, "compute a sha256");
	stream->length += *ret_size;
	return 1;
}

static la_ssize_t feed_tar(struct archive *archive, void *arg, const void **ret)
{
	size_t size = 0;
	int r = next_plain(arg, ret, &size);

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
	stream->tar = archive_read_new();
	stream->digest = EVP_MD_CTX_new();
	if (!stream->tar || !stream->digest ||
		EVP_DigestInit_ex(stream->digest, EVP_sha256(), NULL) != 1 ||
		archive_read_support_format_tar(stream->tar) != ARCHIVE_OK)
		return shale_fail(err, -ENOMEM, "open the archive");
	if (archive_read_open(stream->tar, stream, NULL, feed_tar, NULL) != ARCHIVE_OK)
		return stream_fail(stream, err);
	return 0;
}

int shale_tarstream_open(int64_t (*read)(void *arg, void *buf, size_t size), void *arg,
	struct shale_tarstream **ret, struct shale_error *err)
{
	auto_tarstream struct shale_tarstream *stream = calloc(1, sizeof(*stream));

	if (!stream)
		return shale_fail(err, -ENOMEM, "open the archive");
	int r = shale_decompress_open(read, arg, &stream->plain, err);
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
	shale_decompress_close(stream->plain);
	EVP_MD_CTX_free(stream->digest);
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

static int read_rest(struct shale_tarstream *stream, struct shale_error *err)
{
	const void *data;
	size_t size;
	int r;

	do
		r = next_plain(stream, &data, &size);
	while (r > 0);
	return r < 0 ? stream_fail(stream, err) : shale_decompress_drain(stream->plain, err);
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
