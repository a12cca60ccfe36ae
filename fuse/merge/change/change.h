/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Steps that creating, removing and renaming share. Within the merge filesystem only. */
#pragma once

#include "common/overlay/copyup_file.h"
#include "fuse/merge/copyup/copyup_node.h"
#include "fuse/merge/lookup/listing.h"
#include "fuse/merge/lookup/lookup.h"
#include "fuse/merge/descriptors/locate.h"
#include "fuse/merge/descriptors/unlinked.h"
#include "fuse/merge/lookup/upper_marks.h"

/* Returns 1 if NAME is a whiteout in DIRFD, 0 if it is not, or is absent. */
int change_has_whiteout(const struct fs *fs, int dirfd, const char *name);

#define SHARED_WHITEOUT "whiteout" /* its name in the work directory */

/* Makes a whiteout for NAME in DIRFD. All whiteouts of a mount are links to one inode, up to its
 * maximum. */
int change_whiteout(struct fs *fs, int dirfd, const char *name);
/* The same in the upper directory DIR, which is marked for it. */
int change_whiteout_in(struct fs *fs, const struct upper_dir *dir, const char *name);
/* Marks the directory FD opaque, in the form that the upper filesystem can keep. */
int change_set_opaque(const struct fs *fs, int fd);
/* -EPERM for a name that would be a mark in the upper layer. */
int change_check_name(const struct fs *fs, const char *name);

/* Removes NAME of the work directory with everything below it. The next mount removes what is
 * left. */
void work_remove(int work, const char *name);
/* Removes everything below NAME of the work directory, and keeps NAME. */
void work_empty(int work, const char *name);
/* Returns 0 if the merged directory NODE is empty, -ENOTEMPTY, or another negative errno. The
 * caller holds TREE. */
int change_check_empty(struct fs *fs, uint32_t node);
/* Call it before NAME in DIR, a name of NODE, is removed or moved. If NODE is in the index, or its
 * copy-up puts it there, links NAME to it in the upper directory first, as the index counts only
 * such names. NODE 0: does nothing. The caller holds neither TREE nor a node's lock. */
int change_index_link(struct fs *fs, uint32_t node, const struct upper_dir *dir, const char *name);
/* Looks up the file of TYPE (S_IFMT bits) that an earlier worker has made for the request that is
 * served again. -ENOENT: it made none; -EEXIST: the name has another type. */
int change_find_made(struct fs *fs, const struct upper_dir *dir, const char *name, mode_t type,
	struct entry *ret);
