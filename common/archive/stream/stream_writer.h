/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes the record of a tar stream (stream_format.h), piece by piece in the order of the
 * stream. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/shale.h"

struct stream_writer;

/* A range of the stream that a file of the layer holds. */
struct stream_run {
	const char *path; /* path below the layer's root, without links on the way */
	/* The file's inode number. It tells the file from a later one of the same name. */
	uint64_t ino;
	uint64_t offset, size; /* offset and size in the file */
	bool whole;            /* the range is the whole file */
};

/* Begins a record in FD. Also writes the inode number of each run, 8 bytes, to INOS if it is not
 * -1. Both descriptors stay the caller's. */
int stream_writer_new(int fd, int inos, struct stream_writer **ret, struct shale_error *err);
void stream_writer_free(struct stream_writer *writer);

/* Adds the next SIZE bytes of the stream as they are. */
int stream_writer_keep(
	struct stream_writer *writer, const void *data, size_t size, struct shale_error *err);
/* Adds the next bytes of the stream as a reference to the file's bytes in RUN. */
int stream_writer_refer(
	struct stream_writer *writer, const struct stream_run *run, struct shale_error *err);
/* Ends the stream; then only stream_writer_free may be called. */
int stream_writer_finish(struct stream_writer *writer, struct shale_error *err);

static inline void cleanup_stream_writer(struct stream_writer **writer)
{
	stream_writer_free(*writer);
}
#define auto_stream_writer __attribute__((cleanup(cleanup_stream_writer)))
