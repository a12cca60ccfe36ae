/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Deterministic compression: the same bytes for the same content, without time or name. */
#pragma once

#include <stddef.h>

#include "common/shale.h"

enum shale_compression {
	SHALE_COMPRESSION_GZIP,
	SHALE_COMPRESSION_ZSTD,
};

struct shale_compress;

/* Compressed bytes go to WRITE: 0 or a negative errno, with words in ERR. */
typedef int shale_compress_fn(const void *data, size_t size, void *arg, struct shale_error *err);
int shale_compress_new(enum shale_compression kind, shale_compress_fn *write, void *arg,
	struct shale_compress **ret, struct shale_error *err);
int shale_compress_write(
	struct shale_compress *compress, const void *data, size_t size, struct shale_error *err);
/* Writes what is left; only shale_compress_free may follow. */
int shale_compress_finish(struct shale_compress *compress, struct shale_error *err);
void shale_compress_free(struct shale_compress *compress);

static inline void cleanup_compress(struct shale_compress **compress)
{
	shale_compress_free(*compress);
}
#define auto_compress __attribute__((cleanup(cleanup_compress)))
