/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The plain bytes of a stream that may be compressed: gzip, zstd, bzip2, xz. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/shale.h"

struct decompress;

/* READ gives the next bytes of the stream: how many, 0 at its end, or a negative errno. The kind of
 * compression is told from the first bytes; an empty stream is plain. RATIO: so many bytes each
 * of them may become, beyond the first MiB; 0: any number. */
int decompress_open(int64_t (*read)(void *arg, void *buf, size_t size), void *arg, uint64_t ratio,
	struct decompress **ret, struct shale_error *err);
void decompress_close(struct decompress *stream);

/* The next bytes, which live until the next call: 1, 0 at the end, or a negative errno: -EFBIG
 * beyond RATIO, -EBADMSG where the stream is damaged or ends too early. Checksums are verified. */
int decompress_next(
	struct decompress *stream, const void **ret, size_t *ret_size, struct shale_error *err);

/* Reads what READ still gives behind the end of the compressed data. */
int decompress_drain(struct decompress *stream, struct shale_error *err);
