/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Deterministic gzip: the same bytes for the same content, without time or name. */
#pragma once

#include <stddef.h>

#include "common/shale.h"

struct shale_gzip;

/* Compressed bytes go to WRITE: 0 or a negative errno, with words in ERR. */
typedef int shale_gzip_fn(const void *data, size_t size, void *arg, struct shale_error *err);
int shale_gzip_new(
	shale_gzip_fn *write, void *arg, struct shale_gzip **ret, struct shale_error *err);
int shale_gzip_write(
	struct shale_gzip *gzip, const void *data, size_t size, struct shale_error *err);
/* Writes what is left; only shale_gzip_free may follow. */
int shale_gzip_finish(struct shale_gzip *gzip, struct shale_error *err);
void shale_gzip_free(struct shale_gzip *gzip);
