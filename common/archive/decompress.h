/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Decompresses a stream: gzip, zstd, bzip2, xz, or plain. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/shale.h"

struct decompress;

/* Prepares to decompress a stream. Its first bytes tell the kind of compression; an empty stream is
 * plain. READ returns the number of bytes read, 0 at the end, or a negative errno. RATIO limits the
 * uncompressed bytes for each compressed byte; 0: no limit. The first 1 MiB of output is not
 * limited. */
int decompress_open(int64_t (*read)(void *arg, void *buf, size_t size), void *arg, uint64_t ratio,
	struct decompress **ret, struct shale_error *err);
void decompress_close(struct decompress *stream);

/* Finds the next plain bytes. Returns 1 and the bytes, which are valid until the next call; 0 at
 * the end; or a negative errno: -EFBIG beyond RATIO, -EBADMSG if the stream is damaged or ends
 * too early. Verifies checksums. */
int decompress_next(
	struct decompress *stream, const void **ret, size_t *ret_size, struct shale_error *err);

/* Reads and drops the bytes that follow the end of the compressed data. */
int decompress_drain(struct decompress *stream, struct shale_error *err);
