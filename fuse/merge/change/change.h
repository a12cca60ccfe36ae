/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What creating, removing and renaming have in common. Within the merge filesystem only. */
#pragma once

#include "common/overlay/copyup_file.h"
#include "fuse/merge/copyup/copyup_node.h"
#include "fuse/merge/lookup/listing.h"
#include "fuse/merge/lookup/lookup.h"
#include "fuse/merge/descriptors/pins.h"

/* The upper directory of a merged one, after its copy-up. */
struct upper_dir {
	uint32_t node;
	uint32_t real;
	bool merged;
	struct ref ref;
};
#define auto_upper_dir __attribute__((cleanup(upper_dir_close)))
#define UPPER_DIR_NONE ((struct upper_dir){ .ref = REF_NONE })
/* TREE is not held. */
int upper_dir_open(struct fs *fs, uint32_t node, struct upper_dir *ret);
void upper_dir_close(struct upper_dir *dir);

/* 1 if NAME is a whiteout in DIRFD, 0 if not or absent. */
int fs_has_whiteout(const struct fs *fs, int dirfd, const char *name);

#define SHARED_WHITEOUT "whiteout" /* in the work directory */

/* A whiteout NAME in DIRFD; all of a mount are names of one inode, for as many as it can have. */
int fs_whiteout(struct fs *fs, int dirfd, const char *name);

/* Removes NAME of the work directory with all below it; what cannot go now goes at the next mount.
 */
void work_remove(int work, const char *name);
/* 0 if the merged directory NODE shows nothing, -ENOTEMPTY, or what went wrong. TREE is held. */
int fs_check_empty(struct fs *fs, uint32_t node);
