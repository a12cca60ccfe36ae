/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads the record of a tar stream (stream_format.h), which may be damaged in any way. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/archive/stream_format.h"
#include "common/shale.h"

struct shale_stream_reader;

/* FD is read from where it is, and stays the caller's. */
int shale_stream_reader_open(int fd, struct shale_stream_reader **ret, struct shale_error *err);
void shale_stream_reader_close(struct shale_stream_reader *reader);

/* The next bytes of the stream. They live until the next call. */
struct shale_stream_piece {
	const void *data; /* these SIZE bytes, if PATH is NULL */
	size_t size;
	const char *path; /* else those of this file */
	/* All of the file, behind HEADER, once that has its size (NULL: none), and zeros up to the
	 * next block of the stream ... */
	bool whole;
	const unsigned char *header;
	uint64_t offset, length; /* ... or this part of it */
};
/* 1, or 0 at the end; -EBADMSG for what is no record. */
int shale_stream_reader_next(struct shale_stream_reader *reader, struct shale_stream_piece *ret,
	struct shale_error *err);
/* The length of the stream as the record states it; valid once its end was reached. */
uint64_t shale_stream_reader_length(const struct shale_stream_reader *reader);

/* The block that HEADER of a piece stands for, in front of a file of SIZE bytes. */
void shale_stream_complete(const unsigned char header[SHALE_STREAM_NO_SIZE], uint64_t size,
	unsigned char ret[SHALE_STREAM_BLOCK]);

static inline void cleanup_stream_reader(struct shale_stream_reader **reader)
{
	shale_stream_reader_close(*reader);
}
#define auto_stream_reader __attribute__((cleanup(cleanup_stream_reader)))
