/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds where nodes and real directories lie in the layers, and opens them. Within the merge
 * filesystem only. */
#pragma once

#include "fuse/merge/state.h"

/* Where a node lies, copied from the table. */
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
/* Checks that ST is the inode of PLACE. Returns -ESTALE if somebody has replaced the file in the
 * layer from outside, perhaps by a pipe, which must never be opened. */
int locate_check(const struct place *place, const struct stat *st);
/* Copies the place like locate_place. Also keeps the parent in the table until locate_release: with
 * an index, a lookup may move NODE to another parent. */
void locate_place_held(struct fs *fs, uint32_t node, struct place *ret);
void locate_release(struct fs *fs, const struct place *place);

bool locate_is_upper(struct fs *fs, uint32_t node);
/* Whether NODE is in the upper layer, or was before a snapshot. Its data may not be on the disk
 * yet. */
bool locate_was_upper(struct fs *fs, uint32_t node);

/* Whether NODE is a directory with more than one real directory. */
bool locate_is_merged(struct fs *fs, uint32_t node);
/* Writes the real directories of the merged directory NODE, topmost first. Returns how many. */
size_t locate_reals(struct fs *fs, uint32_t node, uint32_t ret[MOST_LAYERS]);
/* Returns the upper real directory of NODE; 0: it has none. */
uint32_t locate_upper_real(struct fs *fs, uint32_t node);
bool locate_real_is_upper(struct fs *fs, uint32_t real);
/* Whether the real directory is in the upper layer, or was before a snapshot. */
bool locate_real_was_upper(struct fs *fs, uint32_t real);
/* Whether a name .wh.NAME in the real directory is a mark. */
bool locate_has_aufs(struct fs *fs, uint32_t real);
/* Whether files of fuse-overlayfs's form (engine_marks.h) count as marks in the real directory. */
bool locate_has_engine_marks(struct fs *fs, uint32_t real);
uint16_t locate_real_flags(struct fs *fs, uint32_t real);

/* Opens NAME in a directory of LAYER by openat(2), with O_NOFOLLOW and O_CLOEXEC. Returns -EXDEV if
 * something is mounted on NAME. */
int locate_open_in(struct fs *fs, uint16_t layer, int dirfd, const char *name, int flags);
/* Gets an O_PATH descriptor of the real directory REAL. The caller holds TREE. */
int locate_real_fd(struct fs *fs, uint32_t real, struct ref *ret);
/* Get an O_PATH descriptor, or one open for writing, of NODE's inode. The caller of locate_node_fd
 * holds TREE; locate_node_open takes TREE itself. */
int locate_node_fd(struct fs *fs, uint32_t node, struct ref *ret);
int locate_node_open(struct fs *fs, uint32_t node, struct ref *ret);
/* Checks that FD is open on the inode of the upper node NODE, like locate_check. */
int locate_node_check(struct fs *fs, uint32_t node, int fd);
/* Reads the stat(2) of NODE's inode, mostly without opening it. The caller does not hold TREE. */
int locate_node_stat(struct fs *fs, uint32_t node, struct stat *ret);
/* Gets an O_PATH descriptor of DATA, the value of a node's field DATA: the file with a metacopy's
 * data. The caller holds TREE. */
int locate_data_fd(struct fs *fs, uint32_t data, struct ref *ret);
/* Gets an O_PATH descriptor of the inode with the data of the regular file NODE: of a metacopy,
 * another inode than NODE's own. The caller does not hold TREE. */
int locate_data_open(struct fs *fs, uint32_t node, struct ref *ret);

/* Opens FD again like opath_reopen. If the file belongs to this daemon's user and its mode refuses
 * the open, takes a loan. */
int locate_open_own(struct fs *fs, int fd, int flags);
