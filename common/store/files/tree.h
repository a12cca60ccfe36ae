/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whole directory trees, of any depth and with whatever content a layer may hold. */
#pragma once

#include <stdint.h>

/* Removes NAME in DIRFD and everything below it, but never what is mounted there (-EBUSY). What
 * lies deeper than a few levels is renamed into the directory ASIDE (of the same filesystem) under
 * a random name on the way, so that neither stack nor descriptors run out; it may stay there after
 * a failure, for the caller to remove the same way. Somebody else may be removing the same tree. */
int tree_remove(int dirfd, const char *name, int aside);

struct tree_size {
	uint64_t bytes; /* allocated on the disk; hard links once */
	uint64_t inodes;
};
/* Adds up NAME in DIRFD and what lies below it on the same mount. */
int tree_size(int dirfd, const char *name, struct tree_size *ret);
