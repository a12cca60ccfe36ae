/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A snapshot by a copy of the upper directory, which shares the files' blocks where the filesystem
 * can do that. */
#pragma once

#include "common/shale.h"

/* Makes the immutable layer NEW_ID beside ID: of the same parent, with the same files. The caller
 * holds no lock. A file that is written to meanwhile, by processes that OPTIONS->freeze does not
 * stop, may be copied in the middle of a change. RESULT gets "how" and "pause". */
int snapshot_copy(struct shale_store *store, const char *id, const char *new_id,
	const struct shale_snapshot_options *options, struct shale_snapshot_result *result,
	struct shale_error *err);
/* Nanoseconds of the monotonic clock. */
uint64_t snapshot_clock(void);
