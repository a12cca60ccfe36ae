/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Makes a snapshot as a copy of the upper directory. The copy shares the files' blocks where the
 * filesystem can. */
#pragma once

#include "common/shale.h"

/* Makes the immutable layer NEW_ID with the files of ID, and with the same parent. The caller holds
 * no lock. OPTIONS->freeze stops some processes meanwhile; a file to which another process writes
 * may be copied in the middle of a change. RESULT gets "how" and "pause". */
int snapshot_copy(struct shale_store *store, const char *id, const char *new_id,
	const struct shale_snapshot_options *options, struct shale_snapshot_result *result,
	struct shale_error *err);
/* Returns the time of the monotonic clock in nanoseconds. */
uint64_t snapshot_clock(void);
