/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The tar that common/archive writes of a layer, as a stream to read from. */
#pragma once

#include <stdint.h>

#include "common/archive/diff/diff.h"
#include "common/shale.h"

struct diff_stream;

/* Starts a thread that writes what SPEC says; SPEC must live until the close. */
int diff_stream_open(
	const struct diff_spec *spec, struct diff_stream **ret, struct shale_error *err);
/* How many bytes, 0 when all of it has been read and was whole, or a negative errno. */
int64_t diff_stream_read(
	struct diff_stream *stream, void *buf, size_t size, struct shale_error *err);
/* Ends it, wherever it is. */
void diff_stream_close(struct diff_stream *stream);
