/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/archive/stream/stream_tap.h"

#include "common/base/scope.h"
#include "common/base/error.h"

#include <string.h>

/* The tap decides about each byte whether a file holds it. Bytes from DONE on are undecided:
 * first those in OLD, from earlier pieces, then those in PIECE. */
struct stream_tap {
	struct stream_writer *writer;
	uint64_t done;
	char *old;
	size_t old_n, old_room;
	const char *piece;
	size_t piece_n;

	char *path; /* path of the file that gets the data of this entry; NULL: not known yet */
	uint64_t ino, size;
	/* A range of the file at PATH that ends at DONE in the stream, and that WRITER does not
	 * know yet. */
	uint64_t run_offset, run_size;
};

struct stream_tap *stream_tap_new(struct stream_writer *writer)
{
	struct stream_tap *tap = calloc(1, sizeof(*tap));

	if (tap)
		tap->writer = writer;
	return tap;
}

void stream_tap_free(struct stream_tap *tap)
{
	if (!tap)
		return;
	free(tap->path);
	free(tap->old);
	free(tap);
}

static int end_run(struct stream_tap *tap, struct shale_error *err)
{
	const struct stream_run run = { tap->path, tap->ino, tap->run_offset, tap->run_size,
		tap->run_offset == 0 && tap->run_size == tap->size };

	if (tap->run_size == 0)
		return 0;
	tap->run_size = 0;
	return stream_writer_refer(tap->writer, &run, err);
}

/* Decides about the next SIZE bytes. KEEP: the record holds them; else a file holds them. */
static int decide(struct stream_tap *tap, uint64_t size, bool keep, struct shale_error *err)
{
	size_t old = tap->old_n < size ? tap->old_n : (size_t)size;
	size_t rest = (size_t)(size - old);
	int r = 0;

	if (rest > tap->piece_n)
		return error_fail_plain(
			err, -EIO, "libarchive returned data that it had not read yet");
	if (keep)
		r = stream_writer_keep(tap->writer, tap->old, old, err);
	if (r == 0 && keep)
		r = stream_writer_keep(tap->writer, tap->piece, rest, err);
	if (old)
		memmove(tap->old, tap->old + old, tap->old_n - old);
	tap->old_n -= old;
	tap->piece_n -= rest;
	if (rest)
		tap->piece += rest;
	tap->done += size;
	return r;
}

static int keep_up_to(struct stream_tap *tap, uint64_t at, struct shale_error *err)
{
	if (at <= tap->done)
		return 0;
	int r = end_run(tap, err);
	return r < 0 ? r : decide(tap, at - tap->done, true, err);
}

static int remember_piece(struct stream_tap *tap)
{
	if (tap->piece_n == 0)
		return 0;
	if (tap->old_room - tap->old_n < tap->piece_n) {
		size_t room = tap->old_n + tap->piece_n + 4096;
		char *old = realloc(tap->old, room);
		if (!old)
			return -ENOMEM;
		tap->old = old;
		tap->old_room = room;
	}
	memcpy(tap->old + tap->old_n, tap->piece, tap->piece_n);
	tap->old_n += tap->piece_n;
	tap->piece_n = 0;
	return 0;
}

int stream_tap_release(struct stream_tap *tap, uint64_t taken, struct shale_error *err)
{
	int r = keep_up_to(tap, taken, err);

	if (r < 0)
		return r;
	r = remember_piece(tap);
	return r < 0 ? error_fail(err, r, "record the stream") : 0;
}

void stream_tap_feed(struct stream_tap *tap, const void *data, size_t size)
{
	tap->piece = data;
	tap->piece_n = size;
}

int stream_tap_file(struct stream_tap *tap, const char *path, const struct stat *st, uint64_t size,
	struct shale_error *err)
{
	char *copy = strdup(path);

	if (!copy)
		return error_fail(err, -ENOMEM, "record the stream");
	int r = end_run(tap, err);
	free(tap->path);
	tap->path = copy;
	tap->ino = st->st_ino;
	tap->size = size;
	return r;
}

int stream_tap_data(
	struct stream_tap *tap, uint64_t at, size_t size, uint64_t offset, struct shale_error *err)
{
	int r = keep_up_to(tap, at, err);

	if (r < 0 || !tap->path || size == 0)
		return r;
	if (tap->run_size && tap->run_offset + tap->run_size != offset)
		r = end_run(tap, err);
	if (r < 0)
		return r;
	if (tap->run_size == 0)
		tap->run_offset = offset;
	r = decide(tap, size, false, err);
	tap->run_size += size;
	return r;
}

int stream_tap_finish(struct stream_tap *tap, struct shale_error *err)
{
	int r = keep_up_to(tap, tap->done + tap->old_n + tap->piece_n, err);

	if (r == 0)
		r = end_run(tap, err);
	return r < 0 ? r : stream_writer_finish(tap->writer, err);
}
