/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads the entries of a tar stream, compressed or not, and computes the digest of the uncompressed
 * stream. */
#pragma once

#include <archive.h>
#include <archive_entry.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/archive/apply/decompress_thread.h"
#include "common/archive/stream/stream_tap.h"
#include "common/shale.h"

struct tarstream;

struct tarstream_source {
	struct readahead_source plain;
	struct stream_tap *tap; /* gets all bytes of the stream; NULL: none */
};
int tarstream_open(
	const struct tarstream_source *source, struct tarstream **ret, struct shale_error *err);
void tarstream_close(struct tarstream *stream);

/* Returns 1 and the next entry, which is valid until the next call; 0 at the archive's end;
 * -EBADMSG if the stream is no tar, is damaged, or ends inside an entry. */
int tarstream_next(struct tarstream *stream, struct archive_entry **ret, struct shale_error *err);

/* One piece of an entry's data, which belongs at OFFSET of the file. tarstream_data returns 1
 * and the next piece; 0 after the last one; or an error. */
struct tarstream_block {
	const void *data;
	size_t size;
	int64_t offset;
};
int tarstream_data(struct tarstream *stream, struct tarstream_block *ret, struct shale_error *err);

/* Tells the tap which file gets the data of the entry: the file PATH of the layer, whose stat is
 * ST and which gets SIZE bytes. */
int tarstream_goes_to(struct tarstream *stream, const char *path, const struct stat *st,
	int64_t size, struct shale_error *err);

/* Tells whether the stream lacks its end: no block of zeros follows the last entry, and the padding
 * of that entry's data may be missing, too. True for an empty stream. Call it after the last
 * entry. */
bool tarstream_lacks_end(const struct tarstream *stream);

/* Reads the rest of the stream after the last entry. Returns the digest of the whole
 * uncompressed stream, "ALGORITHM:HEX". */
int tarstream_finish(struct tarstream *stream, char ret[DIFF_ID_SIZE], struct shale_error *err);

static inline void cleanup_tarstream(struct tarstream **stream)
{
	tarstream_close(*stream);
}
#define auto_tarstream __attribute__((cleanup(cleanup_tarstream)))
