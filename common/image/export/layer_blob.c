/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/image/export/layer_blob.h"

#include <stdio.h>
#include <string.h>

#include "common/archive/compress.h"
#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/image/export/diff_stream.h"

enum { CHUNK = 256 * 1024 };

/* Makes a blob from the bytes of a tar: hashes and perhaps compresses them, hashes the result, and
 * writes it. */
struct blob_writer {
	struct sink *sink;
	enum layer_blob_kind kind;
	struct compress *compress; /* NULL: no compression */
	struct hash *tar, *blob; /* digests of the tar and of the blob; BLOB is NULL if both are the
				    same bytes */
	uint64_t size;           /* size of the blob */
};

static void cleanup_writer(struct blob_writer *writer)
{
	compress_free(writer->compress);
	hash_free(writer->tar);
	hash_free(writer->blob);
}

static void cleanup_stream(struct diff_stream **stream)
{
	diff_stream_close(*stream);
}

static int write_blob(const void *data, size_t size, void *arg, struct shale_error *err)
{
	struct blob_writer *writer = arg;

	if (writer->blob)
		hash_update(writer->blob, data, size);
	writer->size += size;
	return writer->sink->ops->write(writer->sink, data, size, err);
}

/* Tells whether blobs of KIND are compressed, and how. Has no "default", so that the compiler
 * reports a KIND that is missing here. */
static bool compression_of(enum layer_blob_kind kind, enum compression *ret)
{
	switch (kind) {
	case LAYER_BLOB_GZIP:
		*ret = COMPRESSION_GZIP;
		return true;
	case LAYER_BLOB_ZSTD:
		*ret = COMPRESSION_ZSTD;
		return true;
	case LAYER_BLOB_DOCKER:
	case LAYER_BLOB_PLAIN:
		break;
	}
	return false;
}

/* Begins a blob. DIFF_ID is the digest that the layer came with; NULL if it is not known. */
static int open_writer(struct blob_writer *writer, const char *diff_id, struct shale_error *err)
{
	enum compression compression;
	const bool compressed = compression_of(writer->kind, &compression);
	const bool docker = writer->kind == LAYER_BLOB_DOCKER;
	int r = hash_new_like(diff_id, &writer->tar);

	if (r == 0 && (compressed || (docker && diff_id && !digest_is_sha256(diff_id))))
		r = hash_new(&writer->blob);
	if (r < 0)
		return error_fail(err, r, "write layer");
	if (compressed)
		r = compress_new(compression, write_blob, writer, &writer->compress, err);
	return r < 0 ? r : writer->sink->ops->begin(writer->sink, err);
}

static int copy_stream(struct diff_stream *stream, struct blob_writer *writer,
	struct progress *progress, struct shale_error *err)
{
	auto_free char *buf = malloc(CHUNK);

	if (!buf)
		return error_fail(err, -ENOMEM, "write layer");
	for (;;) {
		int64_t n = diff_stream_read(stream, buf, CHUNK, err);
		if (n <= 0)
			return n < 0 ? (int)n : progress_end(progress);
		hash_update(writer->tar, buf, n);
		int r = writer->compress ? compress_write(writer->compress, buf, n, err)
					 : write_blob(buf, n, writer, err);
		if (r < 0)
			return r;
		r = progress_add(progress, (uint64_t)n);
		if (r < 0)
			return r;
	}
}

static int finish(struct blob_writer *writer, struct layer_blob *ret, struct shale_error *err)
{
	char name[BLOB_NAME_SIZE];
	int r = writer->compress ? compress_finish(writer->compress, err) : 0;

	if (r < 0)
		return r;
	r = hash_final(writer->tar, ret->diff_id);
	if (r == 0 && writer->blob)
		r = hash_final(writer->blob, ret->digest);
	if (r < 0)
		return error_fail(err, r, "write layer");
	if (!writer->blob)
		memcpy(ret->digest, ret->diff_id, sizeof(ret->digest));
	if (writer->kind == LAYER_BLOB_DOCKER)
		snprintf(name, sizeof(name), "%s.tar", digest_hex(ret->digest));
	else
		digest_blob_name(ret->digest, name);
	ret->kind = writer->kind;
	ret->size = writer->size;
	return writer->sink->ops->end(writer->sink, name, err);
}

int layer_blob_write(const struct diff_spec *spec, enum layer_blob_kind kind, struct sink *sink,
	struct progress *progress, struct layer_blob *ret, struct shale_error *err)
{
	__attribute__((cleanup(cleanup_writer))) struct blob_writer writer = { .sink = sink,
		.kind = kind };
	__attribute__((cleanup(cleanup_stream))) struct diff_stream *stream = NULL;
	int r = open_writer(&writer, spec->original ? spec->original->diff_id : NULL, err);

	if (r == 0)
		r = diff_stream_open(spec, &stream, err);
	if (r == 0)
		r = copy_stream(stream, &writer, progress, err);
	return r < 0 ? r : finish(&writer, ret, err);
}

/* Copies the file to SINK and computes its digest. RET already holds a digest, which tells the
 * algorithm. */
static int copy_file(int fd, struct sink *sink, struct progress *progress, struct layer_blob *ret,
	struct shale_error *err)
{
	auto_hash struct hash *hash = NULL;
	auto_free char *buf = malloc(CHUNK);
	ssize_t n = 1;
	int r = buf ? hash_new_like(ret->digest, &hash) : -ENOMEM;

	if (r == 0)
		r = sink->ops->begin(sink, err);
	for (ret->size = 0; r == 0 && n > 0; ret->size += (uint64_t)n) {
		n = pread(fd, buf, CHUNK, (off_t)ret->size);
		if (n < 0)
			return error_fail(err, -errno, "read the kept blob");
		hash_update(hash, buf, (size_t)n);
		r = sink->ops->write(sink, buf, (size_t)n, err);
		if (r == 0)
			r = progress_add(progress, (uint64_t)n);
	}
	return r == 0 ? hash_final(hash, ret->digest) : r;
}

int layer_blob_copy(int fd, const char *digest, struct sink *sink, struct progress *progress,
	struct layer_blob *ret, struct shale_error *err)
{
	char name[BLOB_NAME_SIZE];

	snprintf(ret->digest, sizeof(ret->digest), "%s", digest);
	int r = copy_file(fd, sink, progress, ret, err);
	if (r < 0)
		return error_fail(err, r, "write layer");
	if (strcmp(ret->digest, digest) != 0) {
		error_fail_plain(err, -EBADMSG, "the kept blob is damaged");
		return error_remedy(err, -EBADMSG, "remove it: shale check --repair");
	}
	digest_blob_name(digest, name);
	return sink->ops->end(sink, name, err);
}
