/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The upper directory of a merged directory. Within the merge filesystem only. */
#pragma once

#include "fuse/merge/state.h"

struct upper_dir {
	uint32_t node;
	uint32_t real;
	bool merged;
	struct ref ref;
	struct loan loan; /* mode bits that were lent, if the directory's own mode refuses this
			     daemon */
};
#define auto_upper_dir __attribute__((cleanup(upper_dir_close)))
#define UPPER_DIR_NONE ((struct upper_dir){ .ref = REF_NONE })
/* Opens the upper directory of NODE. NODE must be in the upper layer already. The caller does not
 * hold TREE. */
int upper_dir_get(struct fs *fs, uint32_t node, struct upper_dir *ret);
void upper_dir_close(struct upper_dir *dir);
/* If NODE is in the upper layer, lends this daemon the right to change and move this directory.
 * Does nothing for NODE 0. The caller holds TREE. */
void upper_dir_lend(struct fs *fs, uint32_t node, struct loan *ret);
