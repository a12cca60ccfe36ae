/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes the record of a tar stream (stream_format.h), piece by piece in the order of the stream.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/shale.h"

struct stream_writer;

/* Bytes of the stream that a file of the layer holds. */
struct stream_run {
	const char *path;      /* below the layer's root, without links on the way */
	uint64_t ino;          /* of the file, to be told apart from others that get the name */
	uint64_t offset, size; /* in the file */
	bool whole;            /* there is nothing else in the file */
};

/* The record goes to FD; INOS, if not -1, gets the inode of each run, 8 bytes. Both stay the
 * caller's. */
int stream_writer_new(int fd, int inos, struct stream_writer **ret, struct shale_error *err);
void stream_writer_free(struct stream_writer *writer);

/* The next SIZE bytes of the stream are these. */
int stream_writer_keep(
	struct stream_writer *writer, const void *data, size_t size, struct shale_error *err);
/* They are those of RUN. */
int stream_writer_refer(
	struct stream_writer *writer, const struct stream_run *run, struct shale_error *err);
/* The stream ends here; only stream_writer_free may follow. */
int stream_writer_finish(struct stream_writer *writer, struct shale_error *err);

static inline void cleanup_stream_writer(struct stream_writer **writer)
{
	stream_writer_free(*writer);
}
#define auto_stream_writer __attribute__((cleanup(cleanup_stream_writer)))
