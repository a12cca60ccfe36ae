/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From what a name in a merged directory leads to, to the node for it. Within the merge filesystem
 * only. */
#pragma once

#include "fuse/merge/lookup/find.h"

/* The node of FOUND, counted as looked up once more, and what stat shows; -EAGAIN: FOUND may have
 * been copied up since. TREE is held. */
int fs_enter(struct fs *fs, uint32_t parent, const char *name, const struct found *found,
	struct entry *ret);
/* Both. TREE is held. */
int fs_find_and_enter(struct fs *fs, uint32_t parent, const char *name, struct entry *ret);

/* The same for an entry of PARENT's listing: between the upper layer, where it may have got to
 * since, and the layer that it was listed from no other is asked. TREE is held. */
int fs_enter_listed(struct fs *fs, uint32_t parent, const struct listed *listed, struct entry *ret);

/* The node that NAME in PARENT has now, not counted; 0 if the kernel knows none. TREE is held. */
uint32_t fs_known(struct fs *fs, uint32_t parent, const char *name);
/* 1 if the layers below the upper one show NAME in PARENT, else 0. TREE is held. */
int fs_lower_has(struct fs *fs, uint32_t parent, const char *name);
/* A directory with more than one real directory. */
bool fs_is_merged(struct fs *fs, uint32_t node);

/* The index of DEV among the filesystems of the mount. table.lock is held. */
uint16_t fs_index_of_dev(struct fs *fs, dev_t dev);
/* What has just been made in an upper directory. */
struct made {
	struct spot spot;
	int dirfd;
	int file; /* a descriptor of it, or -1 */
	bool opaque;
	uint16_t lacks; /* xattrs that it is known not to have: flags of a node */
};
/* A counted node for it: nothing below it counts. TREE is not held. */
int fs_enter_made(struct fs *fs, uint32_t parent, const struct made *made, struct entry *ret);
/* Turns a real stat of NODE into what the mount shows. */
void fs_show(struct fs *fs, struct stat *st, bool merged, uint64_t ino);
/* A counted node for the upper file FD, which has no name. */
int fs_enter_nameless(struct fs *fs, uint32_t parent, int fd, struct entry *ret);
