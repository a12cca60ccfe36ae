/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The entries of a tar stream, compressed or not, and the digest of what it unpacks to. */
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
	struct stream_tap *tap; /* sees all that goes by; NULL: none */
};
int tarstream_open(
	const struct tarstream_source *source, struct tarstream **ret, struct shale_error *err);
void tarstream_close(struct tarstream *stream);

/* 1 and the next entry, which lives until the next call; 0 at the archive's end; -EBADMSG for a
 * stream that is no tar, or is damaged, or ends inside an entry. */
int tarstream_next(struct tarstream *stream, struct archive_entry **ret, struct shale_error *err);

/* The next piece of the entry's data, at OFFSET of the file: 1, 0 after the last, or an error. */
struct tarstream_block {
	const void *data;
	size_t size;
	int64_t offset;
};
int tarstream_data(struct tarstream *stream, struct tarstream_block *ret, struct shale_error *err);

/* Where tarstream_data puts all of the entry's data, for the tap: the file PATH of the layer,
 * open as FD, which gets SIZE bytes. */
int tarstream_goes_to(
	struct tarstream *stream, const char *path, int fd, int64_t size, struct shale_error *err);

/* After the last entry: nothing follows it, no block of zeros. The padding of its data may lack
 * too. An empty stream is such an archive. */
bool tarstream_lacks_end(const struct tarstream *stream);

/* After the last entry: reads what follows the end of the archive, and gives the digest of the
 * whole uncompressed stream, "ALGORITHM:HEX". */
int tarstream_finish(struct tarstream *stream, char ret[DIFF_ID_SIZE], struct shale_error *err);

static inline void cleanup_tarstream(struct tarstream **stream)
{
	tarstream_close(*stream);
}
#define auto_tarstream __attribute__((cleanup(cleanup_tarstream)))
