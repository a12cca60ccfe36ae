/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The tar that common/archive writes of a layer, as a stream to read from. */
#pragma once

#include <stdint.h>

#include "common/archive/diff.h"
#include "common/shale.h"

struct shale_diff_stream;

/* Starts a thread that writes what SPEC says; SPEC must live until the close. */
int shale_diff_stream_open(const struct shale_diff_spec *spec, struct shale_diff_stream **ret,
	struct shale_error *err);
/* How many bytes, 0 when all of it has been read and was whole, or a negative errno. */
int64_t shale_diff_stream_read(
	struct shale_diff_stream *stream, void *buf, size_t size, struct shale_error *err);
/* Ends it, wherever it is. */
void shale_diff_stream_close(struct shale_diff_stream *stream);
