/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From nodes and real directories to descriptors. Within the merge filesystem only. */
#pragma once

#include "fuse/merge/fs.h"

#define SHALE_NAME_SIZE 256

/* Where a node lies, copied out of the table. */
struct shale_place {
	uint32_t parent;
	uint32_t where;
	uint32_t dirs;
	uint32_t data;
	uint32_t type;
	uint16_t flags;
	uint64_t ino;
	bool identified; /* the real inode is known by DEV and NUMBER */
	dev_t dev;
	uint64_t number;
	char name[SHALE_NAME_SIZE];
};
void shale_fs_place(struct shale_fs *fs, uint32_t node, struct shale_place *ret);
/* -ESTALE if ST is not that of the real inode that PLACE was noted of: somebody has put something
 * else under its name in the layer, perhaps a pipe that is never to be opened. */
int shale_place_check(const struct shale_place *place, const struct stat *st);
/* The same, where an index may lead NODE to another parent meanwhile: the one that is told stays
 * until it is released. */
void shale_fs_place_held(struct shale_fs *fs, uint32_t node, struct shale_place *ret);
void shale_fs_place_release(struct shale_fs *fs, const struct shale_place *place);

bool shale_fs_is_upper(struct shale_fs *fs, uint32_t node);

/* The real directories of a merged one, topmost first; how many. */
size_t shale_fs_reals(struct shale_fs *fs, uint32_t node, uint32_t ret[SHALE_MOST_LAYERS]);
/* The upper real directory of NODE, or 0. */
uint32_t shale_fs_upper_real(struct shale_fs *fs, uint32_t node);
bool shale_real_is_upper(struct shale_fs *fs, uint32_t real);
uint16_t shale_fs_real_flags(struct shale_fs *fs, uint32_t real);

/* openat(2) of NAME in a directory of LAYER, O_NOFOLLOW and O_CLOEXEC. -EXDEV if something is
 * mounted there that could be seen. */
int shale_fs_open_in(struct shale_fs *fs, uint16_t layer, int dirfd, const char *name, int flags);
/* An O_PATH descriptor of a real directory. TREE is held. */
int shale_fs_real_fd(struct shale_fs *fs, uint32_t real, struct shale_ref *ret);
/* A descriptor of NODE's inode, O_PATH or one that is open for writing. TREE is held; _open takes
 * it. */
int shale_fs_node_fd(struct shale_fs *fs, uint32_t node, struct shale_ref *ret);
int shale_fs_node_open(struct shale_fs *fs, uint32_t node, struct shale_ref *ret);
/* shale_place_check of what FD, of an upper node, leads to. */
int shale_fs_node_check(struct shale_fs *fs, uint32_t node, int fd);
/* fstat(2) of it, which mostly takes no descriptor. TREE is not held. */
int shale_fs_node_stat(struct shale_fs *fs, uint32_t node, struct stat *ret);
/* An O_PATH descriptor of the file that DATA, of a node, names. TREE is held. */
int shale_fs_data_fd(struct shale_fs *fs, uint32_t data, struct shale_ref *ret);
/* An O_PATH descriptor of the inode that holds the data of the regular file NODE: another one than
 * its own for a metacopy. TREE is not held. */
int shale_fs_data_open(struct shale_fs *fs, uint32_t node, struct shale_ref *ret);

/* shale_reopen for a regular file or a directory. Permissions were checked by the kernel against
 * what the mount shows, but a daemon without privileges may meet a file of its own that it may not
 * open: a mode of 0444 on what was just created. */
int shale_fs_open_own(struct shale_fs *fs, uint32_t node, int fd, int flags);
/* The same, with the lock held of the node that FD is of. */
int shale_open_own(int fd, int flags);

/* Both in the order that fs.h says; nodes that are 0 are skipped. */
void shale_fs_lock_nodes(struct shale_fs *fs, const uint32_t *nodes, size_t n);
void shale_fs_unlock_nodes(struct shale_fs *fs, const uint32_t *nodes, size_t n);
