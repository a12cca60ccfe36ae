/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads the record of a tar stream (stream_format.h), which may be damaged in any way. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/archive/stream/stream_format.h"
#include "common/shale.h"

struct stream_reader;

/* Opens the record in FD at its current position. FD stays the caller's. */
int stream_reader_open(int fd, struct stream_reader **ret, struct shale_error *err);
void stream_reader_close(struct stream_reader *reader);

/* The next bytes of the stream, valid until the next call. They are DATA, or a part of the file
 * PATH. */
struct stream_piece {
	const void *data; /* SIZE bytes, if PATH is NULL */
	size_t size;
	const char *path; /* the file that holds the bytes, or NULL */
	/* The bytes are HEADER (if not NULL), which gets the file's size, the whole file, then
	 * zeros up to the next block of the stream. */
	bool whole;
	const unsigned char *header;
	uint64_t offset, length; /* if WHOLE is false: the bytes are this range of the file */
};
/* Finds the next bytes. Returns 1, or 0 at the end; -EBADMSG if the record is malformed. */
int stream_reader_next(
	struct stream_reader *reader, struct stream_piece *ret, struct shale_error *err);
/* Returns the length of the stream as the record states it. Valid once the end was reached. */
uint64_t stream_reader_length(const struct stream_reader *reader);

/* Makes the block of a piece's HEADER, for a file of SIZE bytes. */
void stream_complete(
	const unsigned char header[STREAM_NO_SIZE], uint64_t size, unsigned char ret[STREAM_BLOCK]);

static inline void cleanup_stream_reader(struct stream_reader **reader)
{
	stream_reader_close(*reader);
}
#define auto_stream_reader __attribute__((cleanup(cleanup_stream_reader)))
