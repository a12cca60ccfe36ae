/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds descriptors of nodes and real directories. Within the merge filesystem only. */
#pragma once

#include "fuse/merge/state.h"

/* The place of a node, copied out of the table. */
struct place {
	uint32_t parent;
	uint32_t where;
	uint32_t dirs;
	uint32_t data;
	uint32_t type;
	uint16_t flags;
	uint64_t ino;
	bool identified; /* DEV and NUMBER identify the real inode */
	dev_t dev;
	uint64_t number;
	char name[NAME_SIZE];
};
void locate_place(struct fs *fs, uint32_t node, struct place *ret);
/* Returns -ESTALE if ST is another inode than PLACE's: the file in the layer was replaced from
 * outside, perhaps by a pipe, which must never be opened. */
int locate_check(const struct place *place, const struct stat *st);
/* The same, and keeps the parent until locate_release: with an index, a lookup may give NODE
 * another parent. */
void locate_place_held(struct fs *fs, uint32_t node, struct place *ret);
void locate_release(struct fs *fs, const struct place *place);

bool locate_is_upper(struct fs *fs, uint32_t node);

/* Whether NODE is a directory with more than one real directory. */
bool locate_is_merged(struct fs *fs, uint32_t node);
/* Writes the real directories of a merged one, topmost first; returns how many. */
size_t locate_reals(struct fs *fs, uint32_t node, uint32_t ret[MOST_LAYERS]);
/* The upper real directory of NODE; 0: none. */
uint32_t locate_upper_real(struct fs *fs, uint32_t node);
bool locate_real_is_upper(struct fs *fs, uint32_t real);
/* Whether ".wh." names of the real directory are marks. */
bool locate_has_aufs(struct fs *fs, uint32_t real);
/* Whether files that fuse-overlayfs made in an upper layer are marks there. */
bool locate_has_engine_marks(struct fs *fs, uint32_t real);
uint16_t locate_real_flags(struct fs *fs, uint32_t real);

/* openat(2) of NAME in a directory of LAYER, with O_NOFOLLOW and O_CLOEXEC. -EXDEV if
 * something is mounted on it. */
int locate_open_in(struct fs *fs, uint16_t layer, int dirfd, const char *name, int flags);
/* An O_PATH descriptor of a real directory. The caller holds TREE. */
int locate_real_fd(struct fs *fs, uint32_t real, struct ref *ret);
/* A descriptor of NODE's inode, O_PATH or open for writing. The caller holds TREE; _open takes
 * it. */
int locate_node_fd(struct fs *fs, uint32_t node, struct ref *ret);
int locate_node_open(struct fs *fs, uint32_t node, struct ref *ret);
/* locate_check of the inode of FD, which is an upper node's. */
int locate_node_check(struct fs *fs, uint32_t node, int fd);
/* fstat(2) of NODE's inode, mostly without opening it. The caller does not hold TREE. */
int locate_node_stat(struct fs *fs, uint32_t node, struct stat *ret);
/* An O_PATH descriptor of the file that DATA of a node names. The caller holds TREE. */
int locate_data_fd(struct fs *fs, uint32_t data, struct ref *ret);
/* An O_PATH descriptor of the inode with the data of the regular file NODE: for a metacopy another
 * inode than its own. The caller does not hold TREE. */
int locate_data_open(struct fs *fs, uint32_t node, struct ref *ret);

/* opath_reopen, also of a file of this process's own whose mode refuses it. */
int locate_open_own(struct fs *fs, int fd, int flags);
