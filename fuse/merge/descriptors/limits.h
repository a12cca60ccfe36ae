/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Shares out the descriptors that the process may open among requests at work, caches, and open
 * files that have lost their name. Within the merge filesystem only.
 */
#pragma once

#include "fuse/merge/state.h"

/* How many descriptors the process has open; 0: unknown. */
unsigned int descriptors_count(void);
/* Shares out what is left once the layers are open. */
void descriptors_share(struct fs *fs);

/* Closes the cached descriptors that nobody uses, and waits TRY milliseconds for other
 * requests to close theirs. False: TRY is too large, so give up. */
bool descriptors_yield(struct fs *fs, int try);

/* Repeats CALL, which opens something or changes nothing, while it fails for lack of
 * descriptors in this process or in the system. */
#define with_room(fs, call)                                                                        \
	({                                                                                         \
		int try_ = 0;                                                                      \
		int r_;                                                                            \
		do                                                                                 \
			r_ = (call);                                                               \
		while ((r_ == -EMFILE || r_ == -ENFILE) && descriptors_yield((fs), try_++));       \
		r_;                                                                                \
	})
