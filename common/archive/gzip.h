/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Compresses a stream with gzip on all processors. The result is one ordinary member, and depends
 * on the data alone: neither on the number of processors nor on the sizes of the writes.
 */
#pragma once

#include <stddef.h>

#include "common/shale.h"

struct gzip;

/* Receives the compressed bytes. Returns 0 or a negative errno, with words in ERR. */
typedef int gzip_fn(const void *data, size_t size, void *arg, struct shale_error *err);
/* Calls WRITE from the caller's thread only. THREADS is the number of compressing threads; 0: one
 * for each processor that this process may use. */
int gzip_new(gzip_fn *write, void *arg, size_t threads, struct gzip **ret, struct shale_error *err);
int gzip_write(struct gzip *gzip, const void *data, size_t size, struct shale_error *err);
/* Writes the rest; then only gzip_free may be called. */
int gzip_finish(struct gzip *gzip, struct shale_error *err);
/* GZIP may be NULL. */
void gzip_free(struct gzip *gzip);

static inline void cleanup_gzip(struct gzip **gzip)
{
	gzip_free(*gzip);
}
#define auto_gzip __attribute__((cleanup(cleanup_gzip)))
