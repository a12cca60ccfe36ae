/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How much the upper layer may take on the disk. What is there at the mount is counted once; from
 * then on each inode is asked for its blocks after whatever may have changed them, so that the
 * figure is the disk's own and never a sum of guesses: holes, hard links and compression are what
 * they are. A file that lost its last name counts until it is forgotten.
 *
 * Room is held before an operation and let go after the inode was booked. All functions but _open
 * take NULL for no limit, and then do nothing. They may be called without any lock held;
 * quota_freed under the table's.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/statvfs.h>
#include <sys/types.h>

#include "common/shale.h"

#define QUOTA_BLOCK 4096u /* a directory, a symbolic link, an xattr's block */

struct quota;

/* Counts what UPPER, a directory, holds now. More than LIMIT bytes are no error. */
int quota_open(int upper, uint64_t limit, struct quota **ret, struct shale_error *err);
void quota_close(struct quota *quota);

struct hold {
	struct quota *quota; /* NULL: nothing is held */
	uint64_t bytes;
};
#define HOLD_NONE ((struct hold){ 0 })
void hold_end(struct hold *hold);
#define auto_hold __attribute__((cleanup(hold_end)))

/* Room for BYTES more; -ENOSPC. */
int quota_hold(struct quota *quota, uint64_t bytes, struct hold *ret);
/* Room for SIZE bytes written at OFFSET of the file FD: how many of them fit, at least one, or
 * -ENOSPC. What has blocks already needs none. */
ssize_t quota_hold_range(struct quota *quota, int fd, off_t offset, size_t size, struct hold *ret);

/* Books the blocks that an upper inode takes now. */
void quota_book(struct quota *quota, int fd);
void quota_book_at(struct quota *quota, int dirfd, const char *name);
/* The file was given blocks beyond its end, and shall keep them; others are a filesystem's that
 * looks ahead, and do not count. */
void quota_book_beyond(struct quota *quota, int fd);
/* Notes that the inode FD of NODE (0: of none) has lost a name, perhaps its last. */
void quota_unlinked(struct quota *quota, uint32_t node, int fd);
/* Notes that NODE, which had lost a name, is forgotten. */
void quota_freed(struct quota *quota, uint32_t node);

/* Lowers the sizes of RET to the limit, and to what is left of it. */
void quota_statfs(struct quota *quota, struct statvfs *ret);
