/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who may hold how many of the descriptors that the process may open: requests at work, caches, and
 * files that have lost their name while somebody uses them. Within the merge filesystem only.
 */
#pragma once

#include "fuse/merge/state.h"

/* How many the process has open, or 0 if that cannot be told. */
unsigned int descriptors_count(void);
/* Shares out what is left; to be called once the layers are open. */
void descriptors_share(struct fs *fs);

/* The caches give up what nobody uses. False: it was tried often enough. The number of the try is
 * how many milliseconds others are given to end what they do. */
bool descriptors_yield(struct fs *fs, int try);

/* CALL, which opens something or changes nothing, again and again while it fails for want of
 * descriptors, in this process or in the system. */
#define with_room(fs, call)                                                                        \
	({                                                                                         \
		int try_ = 0;                                                                      \
		int r_;                                                                            \
		do                                                                                 \
			r_ = (call);                                                               \
		while ((r_ == -EMFILE || r_ == -ENFILE) && descriptors_yield((fs), try_++));       \
		r_;                                                                                \
	})
