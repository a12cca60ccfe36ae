/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Deterministic compression on all processors: equal content gives equal bytes, without a time or a
 * name, whatever the number of processors. */
#pragma once

#include <stddef.h>

#include "common/shale.h"

enum compression {
	COMPRESSION_GZIP,
	COMPRESSION_ZSTD,
	COMPRESSION_ZSTD_ALONE, /* in the caller's thread only, as a small stream needs it */
};

struct compress;

/* Called with the compressed bytes. Returns 0 or a negative errno, with words in ERR. */
typedef int compress_fn(const void *data, size_t size, void *arg, struct shale_error *err);
int compress_new(enum compression kind, compress_fn *write, void *arg, struct compress **ret,
	struct shale_error *err);
int compress_write(
	struct compress *compress, const void *data, size_t size, struct shale_error *err);
/* Writes the rest of the compressed bytes. Afterwards the caller may only call compress_free. */
int compress_finish(struct compress *compress, struct shale_error *err);
void compress_free(struct compress *compress);

static inline void cleanup_compress(struct compress **compress)
{
	compress_free(*compress);
}
#define auto_compress __attribute__((cleanup(cleanup_compress)))
