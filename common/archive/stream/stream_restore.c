/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/archive/stream/stream_restore.h"

#include "common/archive/stream/stream_files.h"
#include "common/archive/stream/stream_reader.h"
#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/base/wholeio.h"

#include <string.h>

#define OUT_SIZE ((size_t)256 * 1024)

struct restore {
	struct stream_files files;
	struct hash *hash;
	int out;
	struct progress *progress;
	char *buf;
	size_t n;        /* number of bytes in BUF */
	uint64_t length; /* length of the stream, with the bytes in BUF */
};

static int flush(struct restore *restore)
{
	size_t n = restore->n;

	restore->n = 0;
	hash_update(restore->hash, restore->buf, n);
	int r = fd_write_all(restore->out, restore->buf, n);
	return r < 0 ? r : progress_add(restore->progress, n);
}

/* Adds SIZE bytes to the stream; zeros if DATA is NULL. */
static int put(struct restore *restore, const char *data, size_t size)
{
	while (size > 0) {
		size_t n = OUT_SIZE - restore->n < size ? OUT_SIZE - restore->n : size;
		if (data)
			memcpy(restore->buf + restore->n, data, n);
		else
			memset(restore->buf + restore->n, 0, n);
		if (data)
			data += n;
		restore->n += n;
		restore->length += n;
		size -= n;
		int r = restore->n == OUT_SIZE ? flush(restore) : 0;
		if (r < 0)
			return r;
	}
	return 0;
}

static int put_data(struct restore *restore, int fd, uint64_t at, uint64_t size)
{
	while (size > 0) {
		size_t room = OUT_SIZE - restore->n;
		ssize_t n = pread(fd, restore->buf + restore->n, room < size ? room : (size_t)size,
			(off_t)at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -ENODATA;
		restore->n += (size_t)n;
		restore->length += (uint64_t)n;
		at += (uint64_t)n;
		size -= (uint64_t)n;
		int r = restore->n == OUT_SIZE ? flush(restore) : 0;
		if (r < 0)
			return r;
	}
	return 0;
}

static int put_header(struct restore *restore, const unsigned char *header, uint64_t size)
{
	unsigned char block[STREAM_BLOCK];

	if (!header)
		return 0;
	stream_complete(header, size, block);
	return put(restore, (const char *)block, sizeof(block));
}

static int put_file(struct restore *restore, const struct stream_piece *piece)
{
	uint64_t ino, size = 0;
	auto_close int fd = stream_files_open(&restore->files, piece->path, &ino, &size);

	if (fd < 0)
		return fd;
	if (!piece->whole)
		return put_data(restore, fd, piece->offset, piece->length);
	int r = put_header(restore, piece->header, size);
	if (r == 0)
		r = put_data(restore, fd, 0, size);
	return r < 0 ? r : put(restore, NULL, stream_padding(restore->length));
}

static int fail_changed(struct shale_error *err)
{
	error_fail_plain(err, -EBADMSG,
		"it cannot be given back as it came: its files or the record of its stream are "
		"damaged");
	return error_remedy(err, -EBADMSG, "'shale check' names the damaged ones");
}

/* Tells whether CODE means that files of the layer were changed. Other errors come from the disk or
 * this process. */
static bool is_change(int code)
{
	return code == -ENOENT || code == -ENOTDIR || code == -ELOOP || code == -ESTALE ||
	       code == -ENODATA || code == -ENXIO || code == -EINVAL || code == -EXDEV ||
	       code == -ENAMETOOLONG;
}

static int put_piece(
	struct restore *restore, const struct stream_piece *piece, struct shale_error *err)
{
	if (!piece->path) {
		int r = put(restore, piece->data, piece->size);
		return r < 0 ? error_fail(err, r, "write the stream") : 0;
	}
	int r = put_file(restore, piece);
	if (is_change(r))
		return fail_changed(err);
	return r < 0 ? error_fail(err, r, "'/%.300s'", piece->path) : 0;
}

static int restore_all(
	struct restore *restore, const struct stream_original *original, struct shale_error *err)
{
	auto_stream_reader struct stream_reader *reader = NULL;
	char digest[DIGEST_SIZE];
	struct stream_piece piece;
	int r = stream_reader_open(original->record, &reader, err);

	if (r < 0)
		return r;
	while ((r = stream_reader_next(reader, &piece, err)) > 0) {
		r = put_piece(restore, &piece, err);
		if (r < 0)
			return r;
	}
	if (r < 0)
		return r;
	r = flush(restore);
	if (r == 0)
		r = hash_final(restore->hash, digest);
	if (r < 0)
		return error_fail(err, r, "write the stream");
	return strcmp(digest, original->diff_id) == 0 ? 0 : fail_changed(err);
}

int stream_restore(const struct stream_original *original, int root, int out,
	struct progress *progress, struct shale_error *err)
{
	auto_free char *buf = malloc(OUT_SIZE);
	auto_hash struct hash *hash = NULL;
	struct restore restore = {
		.files = { root, -1, NULL }, .out = out, .progress = progress, .buf = buf
	};

	if (!buf || hash_new_like(original->diff_id, &hash) < 0)
		return error_fail(err, -ENOMEM, "write the stream");
	restore.hash = hash;
	int r = restore_all(&restore, original, err);
	stream_files_close(&restore.files);
	return r;
}
