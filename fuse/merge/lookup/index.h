/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Hard links of lower files that stay links when they are copied up (index=on). All names of such a
 * file are one node from the start. Its upper inode lies in the index, and under those of its names
 * alone that something was changed by. Within the merge filesystem only.
 */
#pragma once

#include "fuse/merge/lookup/found.h"

struct index {
	int fd;        /* the directory, good for reading it */
	uint32_t real; /* the same as a real directory, so that what lies in it can be named */
	/* Held while a link comes to an inode and the count that goes with it is not yet what it
	 * will be. No other lock is taken below it. */
	pthread_mutex_t lock;
};

/* Opens or makes the index in WORK, before the root is made; 0 also if there can be none, which
 * fs.index_obstacle tells. */
int fs_index_open(struct fs *fs, int work, struct shale_error *err);
/* To be called once the layers are real directories. */
int fs_index_name(struct fs *fs);
void fs_index_close(struct fs *fs);

/* Whether a file of LAYER with ST goes into the index when it is copied up. */
bool fs_is_indexable(const struct fs *fs, uint16_t layer, const struct stat *st);

/* If NAME, found in the upper layer or in a lower one alone, is in the index, RET becomes the
 * file there. -EIO: the index contradicts the layers. TREE is held. */
int fs_index_find(struct fs *fs, const char *name, struct found *ret);
/* fstat(2) of the indexed inode FD, with the link count that the mount shows. */
int fs_index_stat(struct fs *fs, int fd, struct stat *ret);
