/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Watches a tar stream on its way to libarchive, and writes the record that gives the stream
 * back (stream_format.h). Reads no header itself: the bytes that libarchive returned as data of
 * a file are in that file, and the record keeps all other bytes. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "common/archive/stream/stream_writer.h"
#include "common/shale.h"

struct stream_tap;

/* Makes a tap that writes to WRITER, which stays the caller's. Returns NULL without memory. */
struct stream_tap *stream_tap_new(struct stream_writer *writer);
void stream_tap_free(struct stream_tap *tap);

/* Tells the tap that libarchive has used all bytes up to TAKEN. Call it before the last piece
 * becomes invalid. */
int stream_tap_release(struct stream_tap *tap, uint64_t taken, struct shale_error *err);
/* Gives the tap the next piece, which is valid until the next release. */
void stream_tap_feed(struct stream_tap *tap, const void *data, size_t size);

/* Tells the tap which file gets the data that follow: the file PATH of the layer, whose stat is
 * ST and which gets SIZE bytes. Copies PATH. */
int stream_tap_file(struct stream_tap *tap, const char *path, const struct stat *st, uint64_t size,
	struct shale_error *err);
/* Tells the tap that SIZE bytes of the stream, from AT on, are the file's bytes from OFFSET on. The
 * bytes must be in a piece that was fed and not released. */
int stream_tap_data(
	struct stream_tap *tap, uint64_t at, size_t size, uint64_t offset, struct shale_error *err);

/* Handles the end of the stream: decides about the bytes that are left. */
int stream_tap_finish(struct stream_tap *tap, struct shale_error *err);

static inline void cleanup_stream_tap(struct stream_tap **tap)
{
	stream_tap_free(*tap);
}
#define auto_stream_tap __attribute__((cleanup(cleanup_stream_tap)))
