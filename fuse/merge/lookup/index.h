/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Hard links of lower files that stay links when they are copied up (index=on). All names of such a
 * file are one node from the start. Its upper inode is in the index. The upper layer has only those
 * of its names through which something was changed. Within the merge filesystem only.
 */
#pragma once

#include "fuse/merge/lookup/found.h"

struct index {
	int fd;        /* the directory, open for reading */
	uint32_t real; /* the directory as a real directory, so that its files can be named */
	/* Held while an inode gets a link and its stored count is not right yet. No other lock is
	 * taken meanwhile. */
	pthread_mutex_t lock;
};

/* Opens the index in WORK, or makes one. Call it before the root is made. Returns 0 even if there
 * can be no index: fs.index_obstacle then says why. */
int index_open(struct fs *fs, int work, struct shale_error *err);
/* Makes the index a real directory. Call it when the layers are real directories. */
int index_name(struct fs *fs);
/* Adopts the index FD of an earlier worker. Returns 0 or -ENOMEM. */
int index_adopt(struct fs *fs, int fd);
void index_close(struct fs *fs);

/* Whether a file of LAYER with the stat ST goes into the index when it is copied up. */
bool index_takes(const struct fs *fs, uint16_t layer, const struct stat *st);

/*
 * RET holds NAME, which was found only in the upper layer or only in lower ones. If the file is in
 * the index, makes RET the indexed file. Returns -EIO if the index contradicts the layers. The
 * caller holds TREE.
 */
int index_find(struct fs *fs, const char *name, struct found *ret);
/* Calls fstat(2) on the indexed inode FD, and sets the link count that the mount shows. */
int index_stat(struct fs *fs, int fd, struct stat *ret);
