/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/image/layer_blob.h"

#include <stdio.h>
#include <string.h>

#include "common/archive/compress.h"
#include "common/cleanup.h"
#include "common/error.h"
#include "common/image/diff_stream.h"

enum { CHUNK = 256 * 1024 };

/* From the tar's bytes to the blob's: hashed, perhaps compressed, hashed again, written. */
struct blob_writer {
	struct shale_sink *sink;
	enum shale_layer_blob_kind kind;
	struct shale_compress *compress; /* NULL: plain */
	struct shale_hash *tar, *blob;   /* BLOB is NULL where it is the same as TAR */
	uint64_t size;                   /* of the blob */
};

static void cleanup_writer(struct blob_writer *writer)
{
	shale_compress_free(writer->compress);
	shale_hash_free(writer->tar);
	shale_hash_free(writer->blob);
}

static void cleanup_stream(struct shale_diff_stream **stream)
{
	shale_diff_stream_close(*stream);
}

static int write_blob(const void *data, size_t size, void *arg, struct shale_error *err)
{
	struct blob_writer *writer = arg;

	if (writer->blob)
		shale_hash_update(writer->blob, data, size);
	writer->size += size;
	return writer->sink->ops->write(writer->sink, data, size, err);
}

/* DIFF_ID: the one that the layer came with; NULL: there is none. */
static int open_writer(struct blob_writer *writer, const char *diff_id, struct shale_error *err)
{
	const bool zstd = writer->kind == SHALE_LAYER_BLOB_ZSTD;
	const bool compressed = zstd || writer->kind == SHALE_LAYER_BLOB_GZIP;
	int r = shale_hash_new_like(diff_id, &writer->tar);

	if (r == 0 && (compressed || (diff_id && !shale_digest_is_sha256(diff_id))))
		r = shale_hash_new(&writer->blob);
	if (r < 0)
		return shale_fail(err, r, "write layer");
	if (compressed)
		r = shale_compress_new(zstd ? SHALE_COMPRESSION_ZSTD : SHALE_COMPRESSION_GZIP,
			write_blob, writer, &writer->compress, err);
	return r < 0 ? r : writer->sink->ops->begin(writer->sink, err);
}

static int copy_stream(struct shale_diff_stream *stream, struct blob_writer *writer,
	struct shale_progress *progress, struct shale_error *err)
{
	auto_free char *buf = malloc(CHUNK);
	uint64_t done = 0;

	if (!buf)
		return shale_fail(err, -ENOMEM, "write layer");
	for (;;) {
		int64_t n = shale_diff_stream_read(stream, buf, CHUNK, err);
		if (n <= 0) {
			shale_progress_end(progress, done);
			return (int)n;
		}
		shale_hash_update(writer->tar, buf, n);
		int r = writer->compress ? shale_compress_write(writer->compress, buf, n, err)
					 : write_blob(buf, n, writer, err);
		if (r < 0)
			return r;
		done += n;
		shale_progress_at(progress, done);
	}
}

static int finish(struct blob_writer *writer, struct shale_layer_blob *ret, struct shale_error *err)
{
	char name[SHALE_DIGEST_SIZE + 32];
	int r = writer->compress ? shale_compress_finish(writer->compress, err) : 0;

	if (r < 0)
		return r;
	r = shale_hash_final(writer->tar, ret->diff_id);
	if (r == 0 && writer->blob)
		r = shale_hash_final(writer->blob, ret->digest);
	if (r < 0)
		return shale_fail(err, r, "write layer");
	if (!writer->blob)
		memcpy(ret->digest, ret->diff_id, sizeof(ret->digest));
	bool docker = writer->kind == SHALE_LAYER_BLOB_DOCKER;
	snprintf(name, sizeof(name), docker ? "%s.tar" : "blobs/sha256/%s",
		shale_digest_hex(ret->digest));
	ret->kind = writer->kind;
	ret->size = writer->size;
	return writer->sink->ops->end(writer->sink, name, err);
}

int shale_layer_blob_write(const struct shale_diff_spec *spec, enum shale_layer_blob_kind kind,
	struct shale_sink *sink, struct shale_progress *progress, struct shale_layer_blob *ret,
	struct shale_error *err)
{
	__attribute__((cleanup(cleanup_writer))) struct blob_writer writer = { .sink = sink,
		.kind = kind };
	__attribute__((cleanup(cleanup_stream))) struct shale_diff_stream *stream = NULL;
	int r = open_writer(&writer, spec->original ? spec->original->diff_id : NULL, err);

	if (r == 0)
		r = shale_diff_stream_open(spec, &stream, err);
	if (r == 0)
		r = copy_stream(stream, &writer, progress, err);
	return r < 0 ? r : finish(&writer, ret, err);
}

static int copy_file(
	int fd, struct shale_sink *sink, struct shale_layer_blob *ret, struct shale_error *err)
{
	auto_hash struct shale_hash *hash = NULL;
	auto_free char *buf = malloc(CHUNK);
	ssize_t n = 1;
	int r = buf ? shale_hash_new(&hash) : -ENOMEM;

	if (r == 0)
		r = sink->ops->begin(sink, err);
	for (ret->size = 0; r == 0 && n > 0; ret->size += (uint64_t)n) {
		n = pread(fd, buf, CHUNK, (off_t)ret->size);
		if (n < 0)
			return shale_fail(err, -errno, "read the kept blob");
		shale_hash_update(hash, buf, (size_t)n);
		r = sink->ops->write(sink, buf, (size_t)n, err);
	}
	return r == 0 ? shale_hash_final(hash, ret->digest) : r;
}

int shale_layer_blob_copy(int fd, const char *digest, struct shale_sink *sink,
	struct shale_layer_blob *ret, struct shale_error *err)
{
	char name[SHALE_DIGEST_SIZE + 32];
	int r = copy_file(fd, sink, ret, err);

	if (r < 0)
		return shale_fail(err, r, "write layer");
	if (strcmp(ret->digest, digest) != 0) {
		shale_fail_plain(err, -EBADMSG, "the kept blob is damaged");
		return shale_remedy(err, -EBADMSG, "do without it: shale check --repair");
	}
	snprintf(name, sizeof(name), "blobs/sha256/%s", shale_digest_hex(digest));
	return sink->ops->end(sink, name, err);
}
