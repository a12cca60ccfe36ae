/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Removes and measures directory trees of any depth and content. */
#pragma once

#include <stdint.h>

/* Removes NAME in DIRFD and everything below it, but never a mount (-EBUSY). To save stack and
 * descriptors, first renames directories below a few levels into ASIDE, a directory of the same
 * filesystem, under random names. After a failure such a directory may stay in ASIDE; the caller
 * removes it with this function. Another process may be removing the same tree. */
int tree_remove(int dirfd, const char *name, int aside);

struct tree_size {
	uint64_t bytes; /* bytes allocated on the disk; hard links once */
	uint64_t inodes;
};
/* Adds up the sizes of NAME in DIRFD and of everything below it on the same mount. */
int tree_size(int dirfd, const char *name, struct tree_size *ret);
