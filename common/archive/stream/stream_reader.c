/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/archive/stream/stream_reader.h"

#include "common/archive/decompress.h"
#include "common/base/scope.h"
#include "common/base/error.h"

#include <string.h>

struct stream_reader {
	struct decompress *plain;
	int fd;
	const char *at; /* decompressed bytes that were not read yet */
	size_t left;
	uint64_t literal; /* bytes of the current piece L that were not read yet */
	unsigned char stripped[STREAM_NO_SUM];
	unsigned char block[STREAM_BLOCK];
	char *path;
	size_t path_room;
	char *part_path;
	uint64_t length;
};

static int64_t read_fd(void *arg, void *buf, size_t size)
{
	const struct stream_reader *reader = arg;
	ssize_t n = read(reader->fd, buf, size);

	return n < 0 ? -errno : n;
}

static int fail_damaged(struct shale_error *err)
{
	return error_fail_plain(err, -EBADMSG, "the record of the stream is damaged");
}

/* Decompresses more bytes if none are left at AT. */
static int fill(struct stream_reader *reader, struct shale_error *err)
{
	while (reader->left == 0) {
		const void *data = NULL;
		int r = decompress_next(reader->plain, &data, &reader->left, err);
		if (r < 0)
			return error_fail(err, r, "the record of the stream");
		if (r == 0)
			return fail_damaged(err);
		reader->at = data;
	}
	return 0;
}

static int take(struct stream_reader *reader, void *to, size_t size, struct shale_error *err)
{
	char *at = to;

	while (size > 0) {
		int r = fill(reader, err);
		if (r < 0)
			return r;
		size_t n = size < reader->left ? size : reader->left;
		memcpy(at, reader->at, n);
		reader->at += n;
		reader->left -= n;
		at += n;
		size -= n;
	}
	return 0;
}

static int take_number(struct stream_reader *reader, uint64_t *ret, struct shale_error *err)
{
	uint64_t number = 0;
	unsigned char byte = 0x80;
	int r = 0;

	for (unsigned int shift = 0; (byte & 0x80) && r == 0; shift += 7) {
		if (shift > 63)
			return fail_damaged(err);
		r = take(reader, &byte, 1, err);
		number |= (uint64_t)(byte & 0x7f) << shift;
	}
	*ret = number;
	return r;
}

/* Reads a path into reader->path; "" if there is none. */
static int take_path(struct stream_reader *reader, struct shale_error *err)
{
	uint64_t size = 0;
	int r = take_number(reader, &size, err);

	if (r == 0 && size > STREAM_NAME_MAX)
		return fail_damaged(err);
	if (r == 0 && size + 1 > reader->path_room) {
		char *path = realloc(reader->path, size + 1);
		if (!path)
			return error_fail(err, -ENOMEM, "read the record of the stream");
		reader->path = path;
		reader->path_room = size + 1;
	}
	if (r == 0)
		r = take(reader, reader->path, size, err);
	if (r < 0)
		return r;
	reader->path[size] = 0;
	return strlen(reader->path) == size ? 0 : fail_damaged(err);
}

static int next_of_literal(
	struct stream_reader *reader, struct stream_piece *ret, struct shale_error *err)
{
	int r = fill(reader, err);

	if (r < 0)
		return r;
	ret->data = reader->at;
	ret->size = reader->left < reader->literal ? reader->left : (size_t)reader->literal;
	reader->at += ret->size;
	reader->left -= ret->size;
	reader->literal -= ret->size;
	return 1;
}

static int read_literal(
	struct stream_reader *reader, struct stream_piece *ret, struct shale_error *err)
{
	int r = take_number(reader, &reader->literal, err);

	if (r == 0 && reader->literal == 0)
		return fail_damaged(err);
	return r < 0 ? r : next_of_literal(reader, ret, err);
}

static int read_header(
	struct stream_reader *reader, struct stream_piece *ret, struct shale_error *err)
{
	int r = take(reader, reader->stripped, STREAM_NO_SUM, err);

	stream_put_sum(reader->stripped, reader->block);
	ret->data = reader->block;
	ret->size = sizeof(reader->block);
	return r < 0 ? r : 1;
}

static int read_file(
	struct stream_reader *reader, struct stream_piece *ret, struct shale_error *err)
{
	int r = take_path(reader, err);

	if (r == 0 && !*reader->path)
		return fail_damaged(err);
	ret->path = reader->path;
	ret->whole = true;
	return r < 0 ? r : 1;
}

static int read_entry(
	struct stream_reader *reader, struct stream_piece *ret, struct shale_error *err)
{
	_Static_assert(STREAM_BLOCK > 101, "a name fits where a block does");
	int r = take(reader, reader->stripped, STREAM_NO_SIZE, err);

	if (r == 0)
		r = take_path(reader, err);
	if (r < 0)
		return r;
	ret->header = reader->stripped;
	ret->path = reader->path;
	ret->whole = true;
	if (*reader->path)
		return 1;
	ret->path = (char *)reader->block;
	return stream_name(reader->stripped, (char *)reader->block) ? 1 : fail_damaged(err);
}

static int read_part(
	struct stream_reader *reader, struct stream_piece *ret, struct shale_error *err)
{
	int r = take_path(reader, err);

	if (r == 0 && *reader->path) {
		free(reader->part_path);
		reader->part_path = strdup(reader->path);
		if (!reader->part_path)
			return error_fail(err, -ENOMEM, "read the record of the stream");
	}
	if (r == 0)
		r = take_number(reader, &ret->offset, err);
	if (r == 0)
		r = take_number(reader, &ret->length, err);
	ret->path = reader->part_path;
	if (r < 0)
		return r;
	bool fits = ret->offset <= INT64_MAX && ret->length <= INT64_MAX - ret->offset;
	return ret->path && fits ? 1 : fail_damaged(err);
}

/* Reads to the end, where the checksum of the compressed data is verified. */
static int read_end(struct stream_reader *reader, struct shale_error *err)
{
	const void *data;
	size_t size = reader->left;
	int r = take_number(reader, &reader->length, err);

	if (r < 0)
		return r;
	if (reader->left > 0)
		return fail_damaged(err);
	r = decompress_next(reader->plain, &data, &size, err);
	if (r < 0)
		return error_fail(err, r, "the record of the stream");
	return r > 0 ? fail_damaged(err) : 0;
}

int stream_reader_next(
	struct stream_reader *reader, struct stream_piece *ret, struct shale_error *err)
{
	char letter = 0;

	*ret = (struct stream_piece){ 0 };
	if (reader->literal)
		return next_of_literal(reader, ret, err);
	int r = take(reader, &letter, 1, err);
	if (r < 0)
		return r;
	switch (letter) {
	case STREAM_LITERAL:
		return read_literal(reader, ret, err);
	case STREAM_HEADER:
		return read_header(reader, ret, err);
	case STREAM_FILE:
		return read_file(reader, ret, err);
	case STREAM_ENTRY:
		return read_entry(reader, ret, err);
	case STREAM_PART:
		return read_part(reader, ret, err);
	case STREAM_END:
		return read_end(reader, err);
	default:
		return fail_damaged(err);
	}
}

uint64_t stream_reader_length(const struct stream_reader *reader)
{
	return reader->length;
}

void stream_complete(
	const unsigned char header[STREAM_NO_SIZE], uint64_t size, unsigned char ret[STREAM_BLOCK])
{
	unsigned char no_sum[STREAM_NO_SUM];

	stream_put_size(header, size, no_sum);
	stream_put_sum(no_sum, ret);
}

static int open_all(struct stream_reader *reader, struct shale_error *err)
{
	char magic[sizeof(STREAM_MAGIC) - 1];
	int r = decompress_open(read_fd, reader, 0, &reader->plain, err);

	if (r < 0)
		return error_fail(err, r, "the record of the stream");
	r = take(reader, magic, sizeof(magic), err);
	if (r == 0 && memcmp(magic, STREAM_MAGIC, sizeof(magic)) != 0)
		return error_fail_plain(
			err, -EPROTONOSUPPORT, "the record of the stream is of an unknown version");
	return r;
}

int stream_reader_open(int fd, struct stream_reader **ret, struct shale_error *err)
{
	auto_stream_reader struct stream_reader *reader = calloc(1, sizeof(*reader));

	if (!reader)
		return error_fail(err, -ENOMEM, "read the record of the stream");
	reader->fd = fd;
	int r = open_all(reader, err);
	if (r == 0)
		*ret = steal_ptr(&reader);
	return r;
}

void stream_reader_close(struct stream_reader *reader)
{
	if (!reader)
		return;
	decompress_close(reader->plain);
	free(reader->path);
	free(reader->part_path);
	free(reader);
}
