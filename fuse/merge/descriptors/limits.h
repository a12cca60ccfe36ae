/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Divides the descriptors that the process may open among running requests, caches, and open files
 * without a name. Within the merge filesystem only.
 */
#pragma once

#include "fuse/merge/state.h"

/* Returns how many descriptors the process has open; 0: unknown. */
unsigned int descriptors_count(void);
/* Divides the descriptors that are left. Call it when the layers are open. */
void descriptors_share(struct fs *fs);

/* Closes the cached descriptors without a user, and waits TRY milliseconds until other requests
 * close theirs. Returns false if TRY is too large: then give up. */
bool descriptors_yield(struct fs *fs, int try);

/* Repeats CALL while it fails because this process or the system has no descriptors left. CALL must
 * be repeatable: it opens something, or changes nothing. */
#define with_room(fs, call)                                                                        \
	({                                                                                         \
		int try_ = 0;                                                                      \
		int r_;                                                                            \
		do                                                                                 \
			r_ = (call);                                                               \
		while ((r_ == -EMFILE || r_ == -ENFILE) && descriptors_yield((fs), try_++));       \
		r_;                                                                                \
	})
