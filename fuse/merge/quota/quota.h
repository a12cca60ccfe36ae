/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Limits the disk space of the upper layer. All blocks are counted once, at the mount. After each
 * change of an inode its blocks are read again, so that the sum is right also for holes, hard links
 * and compression. A file without a name counts until the kernel forgets it.
 *
 * Room is held before an operation, and released when the inode's blocks were booked. All functions
 * but quota_open accept NULL (no limit), and then do nothing. The caller holds no lock, except that
 * table.lock may be held for quota_freed. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/statvfs.h>
#include <sys/types.h>

#include "common/shale.h"

#define QUOTA_BLOCK 4096u /* bytes to hold for a directory, a symbolic link, or an xattr */

struct quota;

/* Begins to limit the directory UPPER: counts the space of its files. It is no error if they take
 * more than LIMIT bytes already. */
int quota_open(int upper, uint64_t limit, struct quota **ret, struct shale_error *err);
void quota_close(struct quota *quota);

struct hold {
	struct quota *quota; /* NULL: nothing is held */
	uint64_t bytes;
};
#define HOLD_NONE ((struct hold){ 0 })
void hold_end(struct hold *hold);
#define auto_hold __attribute__((cleanup(hold_end)))

/* Holds BYTES of room. Returns -ENOSPC if the limit does not allow that. */
int quota_hold(struct quota *quota, uint64_t bytes, struct hold *ret);
/* Holds room to write SIZE bytes at OFFSET of the file FD; blocks that exist need no room. Returns
 * how many bytes may be written, at least one, or -ENOSPC. */
ssize_t quota_hold_range(struct quota *quota, int fd, off_t offset, size_t size, struct hold *ret);

/* Record the blocks that an upper inode takes now. */
void quota_book(struct quota *quota, int fd);
void quota_book_at(struct quota *quota, int dirfd, const char *name);
/* Notes that a program has allocated blocks beyond the end of the file. These count; blocks that a
 * filesystem allocates there by itself do not. */
void quota_book_beyond(struct quota *quota, int fd);
/* Notes that the inode FD has lost a name, perhaps its last one. NODE is its node; 0: none. */
void quota_unlinked(struct quota *quota, uint32_t node, int fd);
/* Notes that the kernel has forgotten NODE, a file that had lost its name. */
void quota_freed(struct quota *quota, uint32_t node);

/* Changes RET to the size and the free space that the limit leaves. */
void quota_statfs(struct quota *quota, struct statvfs *ret);
