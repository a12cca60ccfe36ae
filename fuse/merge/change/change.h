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

/* Returns 1 if NAME in DIRFD is a whiteout, 0 if it is another file or absent. */
int change_has_whiteout(const struct fs *fs, int dirfd, const char *name);

#define SHARED_WHITEOUT "whiteout" /* its name in the work directory */

/* Makes a whiteout called NAME in DIRFD. All whiteouts of a mount are links to one inode, until
 * that has its most links. */
int change_whiteout(struct fs *fs, int dirfd, const char *name);
/* Makes a whiteout like change_whiteout in the upper directory DIR, after marking DIR as one that
 * may hold xattr whiteouts. */
int change_whiteout_in(struct fs *fs, const struct upper_dir *dir, const char *name);
/* Marks the directory FD opaque, in the form that the upper filesystem supports. */
int change_set_opaque(const struct fs *fs, int fd);
/* Returns -EPERM for a NAME that would be a mark in the upper layer, such as .wh.NAME. */
int change_check_name(const struct fs *fs, const char *name);

/* Removes NAME in the work directory with everything below it. Ignores failures: the next mount
 * removes what is left. */
void work_remove(int work, const char *name);
/* Removes everything below NAME in the work directory, and keeps NAME. */
void work_empty(int work, const char *name);
/* Returns 0 if the merged directory NODE is empty, -ENOTEMPTY, or another negative errno. The
 * caller holds TREE. */
int change_check_empty(struct fs *fs, uint32_t node);
/*
 * Prepares the removal or the move of NAME in DIR, which is a name of NODE (0: does nothing). If
 * NODE is in the index, or its copy-up puts it there, links NAME to it in the upper directory
 * first, because the index counts only names in upper directories. The caller holds neither TREE
 * nor a node's lock.
 */
int change_index_link(struct fs *fs, uint32_t node, const struct upper_dir *dir, const char *name);
/* Looks up the file that an earlier worker has made for a request that is served again. TYPE has
 * its S_IFMT bits. Returns -ENOENT if there is no file, -EEXIST if the name has another type. */
int change_find_made(struct fs *fs, const struct upper_dir *dir, const char *name, mode_t type,
	struct entry *ret);
