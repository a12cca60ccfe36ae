/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Limits the space that the upper layer takes on the disk. It is counted once, at the mount; after
 * that each inode is asked for its blocks after every possible change, so that the sum is the
 * disk's own, also with holes, hard links and compression. A file without a name counts until it is
 * forgotten.
 *
 * Room is held before an operation, and released after the inode was booked. All functions but
 * _open accept NULL, which means no limit, and then do nothing. They may be called without any lock
 * held; quota_freed with the table's.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/statvfs.h>
#include <sys/types.h>

#include "common/shale.h"

#define QUOTA_BLOCK 4096u /* bytes for a directory, a symbolic link, or an xattr's block */

struct quota;

/* Counts what the directory UPPER holds now. More than LIMIT bytes are no error. */
int quota_open(int upper, uint64_t limit, struct quota **ret, struct shale_error *err);
void quota_close(struct quota *quota);

struct hold {
	struct quota *quota; /* NULL: nothing is held */
	uint64_t bytes;
};
#define HOLD_NONE ((struct hold){ 0 })
void hold_end(struct hold *hold);
#define auto_hold __attribute__((cleanup(hold_end)))

/* Holds room for BYTES more; -ENOSPC. */
int quota_hold(struct quota *quota, uint64_t bytes, struct hold *ret);
/* Holds room to write SIZE bytes at OFFSET of the file FD: returns how many of them fit, at least
 * one, or -ENOSPC. Existing blocks need no room. */
ssize_t quota_hold_range(struct quota *quota, int fd, off_t offset, size_t size, struct hold *ret);

/* Books the blocks that an upper inode takes now. */
void quota_book(struct quota *quota, int fd);
void quota_book_at(struct quota *quota, int dirfd, const char *name);
/* The file was given blocks beyond its end on purpose, which count. Blocks that a filesystem
 * reserves there by itself do not count. */
void quota_book_beyond(struct quota *quota, int fd);
/* Notes that the inode FD of NODE (0: no node) has lost a name, perhaps its last. */
void quota_unlinked(struct quota *quota, uint32_t node, int fd);
/* Notes that NODE, which had lost a name, is forgotten. */
void quota_freed(struct quota *quota, uint32_t node);

/* Reduces the sizes in RET to the limit, and to what is left of it. */
void quota_statfs(struct quota *quota, struct statvfs *ret);
