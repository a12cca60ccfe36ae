/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Hard links of lower files that stay links when they are copied up (index=on). All names of such a
 * file are one node from the start. Its upper inode is in the index, and has only those names in
 * the upper layer through which something was changed. Within the merge filesystem only.
 */
#pragma once

#include "fuse/merge/lookup/found.h"

struct index {
	int fd;        /* the directory, open for reading */
	uint32_t real; /* the same as a real directory, so that its files can be named */
	/* Held while an inode gets a link and its stored count is not yet right. No other lock is
	 * taken while it is held. */
	pthread_mutex_t lock;
};

/* Opens the index in WORK, or makes it, before the root is made; 0 also if there can be none:
 * fs.index_obstacle then says why. */
int index_open(struct fs *fs, int work, struct shale_error *err);
/* Call it when the layers are real directories. */
int index_name(struct fs *fs);
/* Takes over the index FD of an earlier worker; 0 or -ENOMEM. */
int index_adopt(struct fs *fs, int fd);
void index_close(struct fs *fs);

/* Whether a file of LAYER with the stat ST goes into the index when it is copied up. */
bool index_takes(const struct fs *fs, uint16_t layer, const struct stat *st);

/* If NAME, found only in the upper layer or only in lower ones, is in the index, RET becomes that
 * file. -EIO: the index contradicts the layers. The caller holds TREE. */
int index_find(struct fs *fs, const char *name, struct found *ret);
/* fstat(2) of the indexed inode FD, with the link count that the mount shows. */
int index_stat(struct fs *fs, int fd, struct stat *ret);
