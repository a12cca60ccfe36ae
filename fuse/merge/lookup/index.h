/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Hard links of lower files that stay links when they are copied up (index=on). All names of such a
 * file are one node from the start. After a copy-up its upper inode is in the index; the upper
 * layer itself has only the names through which something was changed. Within the merge filesystem
 * only. */
#pragma once

#include "fuse/merge/lookup/found.h"

struct index {
	int fd;        /* the directory, open for reading */
	uint32_t real; /* entered as a real directory, so that files in the index have a place */
	/* Held while a link is added to an inode, because the count in its xattr is wrong for that
	 * time, and while the count is read. No other lock is taken meanwhile. */
	pthread_mutex_t lock;
};

/* Opens the index in WORK, or makes one. Call it before the root is made. Returns 0 even if there
 * can be no index: fs.index_obstacle then says why. */
int index_open(struct fs *fs, int work, struct shale_error *err);
/* Enters the index in the table like a real directory. Call it when the layers are entered. */
int index_name(struct fs *fs);
/* Takes over the index that an earlier worker has open as FD. Returns 0 or -ENOMEM. */
int index_adopt(struct fs *fs, int fd);
void index_close(struct fs *fs);

/* Whether a file of LAYER with the stat ST goes into the index when it is copied up. */
bool index_takes(const struct fs *fs, uint16_t layer, const struct stat *st);

/* RET holds NAME, which was found only in the upper layer or only in lower layers. If the file is
 * in the index, replaces RET by the indexed file. Returns -EIO if the index contradicts the layers.
 * The caller holds TREE. */
int index_find(struct fs *fs, const char *name, struct found *ret);
/* Calls fstat(2) for the indexed inode FD, and corrects the link count to the one that the mount
 * shows. */
int index_stat(struct fs *fs, int fd, struct stat *ret);
