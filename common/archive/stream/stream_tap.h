/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Watches a tar stream go by on its way to the reader of archives, and writes the record that gives
 * it back (stream_format.h). No header is read here: what the reader handed on as data of a file is
 * in that file, and all other bytes are kept, whatever the reader made of them.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "common/archive/stream/stream_writer.h"
#include "common/shale.h"

struct stream_tap;

/* WRITER stays the caller's. NULL: no memory. */
struct stream_tap *stream_tap_new(struct stream_writer *writer);
void stream_tap_free(struct stream_tap *tap);

/* Before the piece that was fed last goes: the reader has done with all up to TAKEN. */
int stream_tap_release(struct stream_tap *tap, uint64_t taken, struct shale_error *err);
/* The next piece, which lives until the next release. */
void stream_tap_feed(struct stream_tap *tap, const void *data, size_t size);

/* Data from here on go to the file PATH of the layer, of whom ST tells the inode, and which gets
 * SIZE bytes. PATH is copied. */
int stream_tap_file(struct stream_tap *tap, const char *path, const struct stat *st, uint64_t size,
	struct shale_error *err);
/* SIZE bytes of the stream, from AT on, are those of the file from OFFSET on. AT is in what was
 * fed and not released. */
int stream_tap_data(
	struct stream_tap *tap, uint64_t at, size_t size, uint64_t offset, struct shale_error *err);

/* The stream is at its end. */
int stream_tap_finish(struct stream_tap *tap, struct shale_error *err);

static inline void cleanup_stream_tap(struct stream_tap **tap)
{
	stream_tap_free(*tap);
}
#define auto_stream_tap __attribute__((cleanup(cleanup_stream_tap)))
