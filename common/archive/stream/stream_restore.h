/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Gives a layer back as the tar stream that it was unpacked from. */
#pragma once

#include <stdint.h>

#include "common/archive/digest.h"
#include "common/base/progress.h"
#include "common/base/scope.h"
#include "common/shale.h"

struct stream_original {
	int record; /* the record (stream_format.h), read from its current position */
	char diff_id[DIGEST_SIZE];
};
#define STREAM_ORIGINAL_NONE ((struct stream_original){ .record = -1 })

/* Writes the stream of ORIGINAL, whose files lie below ROOT, to OUT. Returns -EBADMSG if the
 * stream's digest is not DIFF_ID because files or the record were changed: the bytes in OUT are
 * then wrong. PROGRESS may be NULL. */
int stream_restore(const struct stream_original *original, int root, int out,
	struct progress *progress, struct shale_error *err);

static inline void cleanup_original(struct stream_original *original)
{
	cleanup_close(&original->record);
}
#define auto_original __attribute__((cleanup(cleanup_original)))
