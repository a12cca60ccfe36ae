/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A layer's tar as a stream: common/archive writes it in a thread, and the caller reads it. */
#pragma once

#include <stdint.h>

#include "common/archive/diff/diff.h"
#include "common/shale.h"

struct diff_stream;

/* Starts a thread that writes the tar of SPEC. SPEC must be valid until the close. */
int diff_stream_open(
	const struct diff_spec *spec, struct diff_stream **ret, struct shale_error *err);
/* Reads the next bytes. Returns their number; 0 when the tar is complete and was read; or a
 * negative errno. */
int64_t diff_stream_read(
	struct diff_stream *stream, void *buf, size_t size, struct shale_error *err);
/* Ends the stream; it need not be read to its end. */
void diff_stream_close(struct diff_stream *stream);
