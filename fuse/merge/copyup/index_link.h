/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Makes copies in the index, and their names in upper directories. Within the merge filesystem
 * only. */
#pragma once

#include "common/overlay/copyup_file.h"
#include "fuse/merge/copyup/upper_dir.h"

/* Copies up like copyup_run, but to a name in the index instead of WHAT's name. RET_NAME gets the
 * name in the index. Returns a descriptor of the copy, or a negative errno. */
int index_link_copy_up(
	const struct fs *fs, const struct copyup_run *what, char ret_name[NAME_SIZE]);

/* Links NAME in the upper directory DIR to NODE, which is in the index. */
int index_link_add(struct fs *fs, uint32_t node, const struct upper_dir *dir, const char *name);

/* Removes NODE's entry from the index if NODE has just lost its last name in the upper layer. The
 * caller holds TREE for writing. */
void index_link_drop(struct fs *fs, uint32_t node);
