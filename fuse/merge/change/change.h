/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Steps that creating, removing and renaming share. Within the merge filesystem only. */
#pragma once

#include "common/overlay/copyup_file.h"
#include "fuse/merge/change/upper_whiteout.h"
#include "fuse/merge/change/work.h"
#include "fuse/merge/copyup/copyup_node.h"
#include "fuse/merge/lookup/listing.h"
#include "fuse/merge/lookup/lookup.h"
#include "fuse/merge/descriptors/locate.h"
#include "fuse/merge/descriptors/unlinked.h"
#include "fuse/merge/lookup/upper_marks.h"

/* Returns -EPERM if NAME would be a mark in the upper layer, such as .wh.NAME. */
int change_check_name(const struct fs *fs, const char *name);
/* Returns 0 if the merged directory NODE shows no names, -ENOTEMPTY if it does, or another negative
 * errno. The caller holds TREE. */
int change_check_empty(struct fs *fs, uint32_t node);
/* Call this before NAME in DIR, a name of NODE, is removed or moved (NODE 0: does nothing). If NODE
 * is in the index, or its copy-up puts it there, makes NAME in the upper directory first, because
 * the index counts only names in upper directories. The caller holds neither TREE nor a node's
 * lock. */
int change_index_link(struct fs *fs, uint32_t node, const struct upper_dir *dir, const char *name);
/* For a request that is served once more: finds the file that an earlier worker has made for it.
 * TYPE has its S_IFMT bits. Returns -ENOENT if there is no file, -EEXIST if the name has another
 * type. */
int change_find_made(struct fs *fs, const struct upper_dir *dir, const char *name, mode_t type,
	struct entry *ret);
