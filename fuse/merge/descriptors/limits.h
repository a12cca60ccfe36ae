/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Divides the descriptors that the process may open among three uses: running requests, caches, and
 * open files without a name. Within the merge filesystem only. */
#pragma once

#include "fuse/merge/state.h"

/* Returns how many descriptors the process has open; 0: unknown. */
unsigned int descriptors_count(void);
/* Divides the descriptors that are still free. Call it when the layers are open. */
void descriptors_share(struct fs *fs);

/* Descriptors have run out: closes cached ones that have no user, and waits TRY milliseconds for
 * other requests to close theirs. Returns false if TRY is so large that the caller should give
 * up. */
bool descriptors_yield(struct fs *fs, int try);

/* Repeats CALL while it fails because this process, or the system, has no free descriptor. So CALL
 * must have no effect when it fails. */
#define with_room(fs, call)                                                                        \
	({                                                                                         \
		int try_ = 0;                                                                      \
		int r_;                                                                            \
		do                                                                                 \
			r_ = (call);                                                               \
		while ((r_ == -EMFILE || r_ == -ENFILE) && descriptors_yield((fs), try_++));       \
		r_;                                                                                \
	})
