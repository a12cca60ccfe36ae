/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/archive/stream/stream_writer.h"

#include "common/archive/compress.h"
#include "common/archive/stream/stream_format.h"
#include "common/archive/zeros.h"
#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/base/wholeio.h"

#include <fcntl.h>
#include <string.h>

/* LITERAL_MAX: how many bytes that no file holds are collected in memory before they are written.
 * Collecting them lets a file's header and padding become one piece with the file. */
#define LITERAL_MAX ((size_t)128 * 1024)
#define OUT_MAX     ((size_t)64 * 1024)

struct bytes {
	unsigned char *data;
	size_t n, room;
};

struct stream_writer {
	struct compress *compress;
	int fd;
	FILE *inos; /* may be NULL */
	struct bytes out;
	struct bytes literal;
	uint64_t literal_at; /* offset of the literal in the stream */
	uint64_t length;     /* length of the stream, with the bytes of the literal */
	unsigned char header[STREAM_BLOCK]; /* the block just before RUN, which may be the header of
					       its file; valid if HAS_HEADER */
	bool has_header, has_run;
	/* the range of a file that is not written yet; the writer owns its path */
	struct stream_run run;
	char *path;
	char *part_path; /* path of the last piece P, or NULL */
};

static int make_room(struct bytes *bytes, size_t size)
{
	if (bytes->room - bytes->n >= size)
		return 0;
	size_t room = bytes->room * 2 + size + 4096;
	unsigned char *data = realloc(bytes->data, room);
	if (!data)
		return -ENOMEM;
	bytes->data = data;
	bytes->room = room;
	return 0;
}

/* ---- to the file ---- */

static int write_compressed(const void *data, size_t size, void *arg, struct shale_error *err)
{
	const struct stream_writer *writer = arg;
	int r = fd_write_all(writer->fd, data, size);

	return r < 0 ? error_fail(err, r, "write the record of the stream") : 0;
}

static int flush(struct stream_writer *writer, struct shale_error *err)
{
	size_t n = writer->out.n;

	writer->out.n = 0;
	return n ? compress_write(writer->compress, writer->out.data, n, err) : 0;
}

static int put(struct stream_writer *writer, const void *data, size_t size, struct shale_error *err)
{
	int r = writer->out.n + size > OUT_MAX ? flush(writer, err) : 0;

	if (r == 0 && size > OUT_MAX)
		return compress_write(writer->compress, data, size, err);
	if (r == 0)
		r = make_room(&writer->out, size);
	if (r < 0)
		return error_fail(err, r, "write the record of the stream");
	memcpy(writer->out.data + writer->out.n, data, size);
	writer->out.n += size;
	return 0;
}

static int put_letter(
	struct stream_writer *writer, enum stream_letter letter, struct shale_error *err)
{
	char byte = (char)letter;

	return put(writer, &byte, 1, err);
}

static int put_number(struct stream_writer *writer, uint64_t number, struct shale_error *err)
{
	unsigned char bytes[10];
	size_t n = 0;

	for (; number > 0x7f; number >>= 7)
		bytes[n++] = (unsigned char)(number | 0x80);
	bytes[n++] = (unsigned char)number;
	return put(writer, bytes, n, err);
}

static int put_path(struct stream_writer *writer, const char *path, struct shale_error *err)
{
	int r = put_number(writer, strlen(path), err);

	return r < 0 ? r : put(writer, path, strlen(path), err);
}

/* ---- bytes that no file holds (the literal) ---- */

static int put_literal(
	struct stream_writer *writer, const void *data, size_t size, struct shale_error *err)
{
	if (size == 0)
		return 0;
	int r = put_letter(writer, STREAM_LITERAL, err);
	if (r == 0)
		r = put_number(writer, size, err);
	return r < 0 ? r : put(writer, data, size, err);
}

static int put_header(struct stream_writer *writer, const unsigned char stripped[STREAM_NO_SUM],
	struct shale_error *err)
{
	int r = put_letter(writer, STREAM_HEADER, err);

	return r < 0 ? r : put(writer, stripped, STREAM_NO_SUM, err);
}

/* Writes whole blocks as pieces L and H. */
static int put_blocks(struct stream_writer *writer, const unsigned char *data, size_t size,
	struct shale_error *err)
{
	unsigned char stripped[STREAM_NO_SUM];
	size_t from = 0;
	int r = 0;

	for (size_t at = 0; at < size && r == 0; at += STREAM_BLOCK) {
		if (!stream_strip_sum(data + at, stripped))
			continue;
		r = put_literal(writer, data + from, at - from, err);
		if (r == 0)
			r = put_header(writer, stripped, err);
		from = at + STREAM_BLOCK;
	}
	return r < 0 ? r : put_literal(writer, data + from, size - from, err);
}

static int put_bytes(struct stream_writer *writer, const unsigned char *data, size_t size,
	struct shale_error *err)
{
	size_t before = stream_padding(writer->literal_at);

	if (before > size)
		before = size;
	size_t blocks = (size - before) / STREAM_BLOCK * STREAM_BLOCK;
	int r = put_literal(writer, data, before, err);
	if (r == 0)
		r = put_blocks(writer, data + before, blocks, err);
	if (r == 0)
		r = put_literal(writer, data + before + blocks, size - before - blocks, err);
	writer->literal_at += size;
	return r;
}

/* ---- ranges of files (runs) ---- */

static int put_held_header(struct stream_writer *writer, struct shale_error *err)
{
	return writer->has_header ? put_blocks(writer, writer->header, sizeof(writer->header), err)
				  : 0;
}

static int put_part(struct stream_writer *writer, struct shale_error *err)
{
	const struct stream_run *run = &writer->run;
	bool same = writer->part_path && !strcmp(writer->part_path, run->path);
	int r = put_held_header(writer, err);

	if (r == 0)
		r = put_letter(writer, STREAM_PART, err);
	if (r == 0)
		r = put_path(writer, same ? "" : run->path, err);
	if (r == 0)
		r = put_number(writer, run->offset, err);
	if (r == 0)
		r = put_number(writer, run->size, err);
	if (same)
		return r;
	free(writer->part_path);
	writer->part_path = steal_ptr(&writer->path);
	return r;
}

/* Writes the header block and the file as one piece E. Returns 0 if the block is not the header of
 * this file. */
static int put_entry(struct stream_writer *writer, struct shale_error *err)
{
	unsigned char no_sum[STREAM_NO_SUM], no_size[STREAM_NO_SIZE];
	char name[101];

	if (!writer->has_header || !stream_strip_sum(writer->header, no_sum) ||
		!stream_strip_size(no_sum, writer->run.size, no_size))
		return 0;
	bool named = stream_name(no_size, name) && !strcmp(name, writer->run.path);
	int r = put_letter(writer, STREAM_ENTRY, err);
	if (r == 0)
		r = put(writer, no_size, sizeof(no_size), err);
	if (r == 0)
		r = put_path(writer, named ? "" : writer->run.path, err);
	return r < 0 ? r : 1;
}

static int put_file(struct stream_writer *writer, struct shale_error *err)
{
	int r = put_entry(writer, err);

	if (r != 0)
		return r;
	r = put_held_header(writer, err);
	if (r == 0)
		r = put_letter(writer, STREAM_FILE, err);
	return r < 0 ? r : put_path(writer, writer->run.path, err);
}

/* Tells whether the literal begins with PADDING zeros, which are the padding of the file before
 * it. */
static bool is_padded(const struct stream_writer *writer, size_t padding)
{
	if (writer->literal.n < padding)
		return false;
	return padding == 0 || data_is_zero((const char *)writer->literal.data, padding);
}

/* Writes the run. *RET_PADDING is how many bytes of the literal were written with it, as its
 * padding. */
static int put_run(struct stream_writer *writer, size_t *ret_padding, struct shale_error *err)
{
	size_t padding = stream_padding(writer->literal_at);
	bool file = writer->has_run && writer->run.whole && is_padded(writer, padding);
	int r = file              ? put_file(writer, err)
		: writer->has_run ? put_part(writer, err)
				  : put_held_header(writer, err);

	*ret_padding = file ? padding : 0;
	writer->literal_at += *ret_padding;
	writer->has_run = writer->has_header = false;
	free(steal_ptr(&writer->path));
	return r < 0 ? r : 0;
}

/* Writes the run and the literal. KEEP_HEADER: keeps the last block, which may be the header of the
 * next file. */
static int put_all(struct stream_writer *writer, bool keep_header, struct shale_error *err)
{
	struct bytes *literal = &writer->literal;
	size_t padding = 0;
	int r = put_run(writer, &padding, err);
	size_t size = literal->n - padding;
	bool header = keep_header && size >= STREAM_BLOCK && writer->length % STREAM_BLOCK == 0;

	if (header)
		size -= STREAM_BLOCK;
	if (r == 0 && size > 0)
		r = put_bytes(writer, literal->data + padding, size, err);
	if (header)
		memcpy(writer->header, literal->data + padding + size, sizeof(writer->header));
	writer->has_header = header;
	literal->n = 0;
	writer->literal_at = writer->length;
	return r;
}

/* ---- called from outside ---- */

void stream_writer_free(struct stream_writer *writer)
{
	if (!writer)
		return;
	compress_free(writer->compress);
	cleanup_fclose(&writer->inos);
	free(writer->out.data);
	free(writer->literal.data);
	free(writer->path);
	free(writer->part_path);
	free(writer);
}

static int open_inos(struct stream_writer *writer, int inos)
{
	auto_close int fd = inos < 0 ? -1 : sys(fcntl(inos, F_DUPFD_CLOEXEC, 0));

	if (inos < 0 || fd < 0)
		return inos < 0 ? 0 : fd;
	writer->inos = fdopen(fd, "w");
	if (!writer->inos)
		return -ENOMEM;
	(void)steal_fd(&fd);
	return 0;
}

int stream_writer_new(int fd, int inos, struct stream_writer **ret, struct shale_error *err)
{
	auto_stream_writer struct stream_writer *writer = calloc(1, sizeof(*writer));
	int r = writer ? open_inos(writer, inos) : -ENOMEM;

	if (r < 0)
		return error_fail(err, r, "write the record of the stream");
	writer->fd = fd;
	r = compress_new(COMPRESSION_ZSTD_ALONE, write_compressed, writer, &writer->compress, err);
	if (r == 0)
		r = put(writer, STREAM_MAGIC, strlen(STREAM_MAGIC), err);
	if (r < 0)
		return r;
	*ret = steal_ptr(&writer);
	return 0;
}

static int note_ino(struct stream_writer *writer, uint64_t ino)
{
	if (writer->inos && fwrite(&ino, sizeof(ino), 1, writer->inos) != 1)
		return -EIO;
	return 0;
}

int stream_writer_keep(
	struct stream_writer *writer, const void *data, size_t size, struct shale_error *err)
{
	const char *at = data;
	int r = 0;

	while (size > 0 && r == 0) {
		size_t n = size < LITERAL_MAX ? size : LITERAL_MAX;
		r = make_room(&writer->literal, n);
		if (r < 0)
			return error_fail(err, r, "write the record of the stream");
		memcpy(writer->literal.data + writer->literal.n, at, n);
		writer->literal.n += n;
		writer->length += n;
		at += n;
		size -= n;
		if (writer->literal.n >= LITERAL_MAX)
			r = put_all(writer, true, err);
	}
	return r;
}

int stream_writer_refer(
	struct stream_writer *writer, const struct stream_run *run, struct shale_error *err)
{
	int r = put_all(writer, true, err);

	if (r == 0)
		r = note_ino(writer, run->ino);
	if (r == 0 && !(writer->path = strdup(run->path)))
		r = -ENOMEM;
	if (r < 0)
		return error_fail(err, r, "write the record of the stream");
	writer->run = *run;
	writer->run.path = writer->path;
	writer->has_run = true;
	writer->length += run->size;
	writer->literal_at = writer->length;
	return 0;
}

int stream_writer_finish(struct stream_writer *writer, struct shale_error *err)
{
	int r = put_all(writer, false, err);

	if (r == 0)
		r = put_letter(writer, STREAM_END, err);
	if (r == 0)
		r = put_number(writer, writer->length, err);
	if (r == 0)
		r = flush(writer, err);
	if (r == 0)
		r = compress_finish(writer->compress, err);
	if (r == 0 && writer->inos && fflush(writer->inos) != 0)
		r = error_fail(err, -errno, "write the record of the stream");
	return r;
}
