/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Limits the space that the upper layer takes on the disk. The space is counted once, at the mount.
 * After each possible change of an inode its blocks are read again, so the sum is the disk's own,
 * also with holes, hard links and compression. A file without a name counts until it is forgotten.
 *
 * Room is held before an operation, and released after the inode was booked. All functions but
 * quota_open accept NULL, which means no limit, and then do nothing. The caller holds no lock, but
 * may hold table.lock at quota_freed.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/statvfs.h>
#include <sys/types.h>

#include "common/shale.h"

#define QUOTA_BLOCK 4096u /* bytes for a directory, a symbolic link, or an xattr's block */

struct quota;

/* Sets a limit on the directory UPPER: counts the space that its files take now. More than LIMIT
 * bytes are no error. */
int quota_open(int upper, uint64_t limit, struct quota **ret, struct shale_error *err);
void quota_close(struct quota *quota);

struct hold {
	struct quota *quota; /* NULL: nothing is held */
	uint64_t bytes;
};
#define HOLD_NONE ((struct hold){ 0 })
void hold_end(struct hold *hold);
#define auto_hold __attribute__((cleanup(hold_end)))

/* Holds room for BYTES more. Returns -ENOSPC if the limit does not allow that. */
int quota_hold(struct quota *quota, uint64_t bytes, struct hold *ret);
/* Holds room to write SIZE bytes at OFFSET of the file FD. Existing blocks need no room. Returns
 * how many bytes fit, at least one, or -ENOSPC. */
ssize_t quota_hold_range(struct quota *quota, int fd, off_t offset, size_t size, struct hold *ret);

/* Books the blocks that an upper inode takes now. */
void quota_book(struct quota *quota, int fd);
void quota_book_at(struct quota *quota, int dirfd, const char *name);
/* Notes that the file was given blocks beyond its end on purpose. These blocks count; blocks that a
 * filesystem reserves there by itself do not. */
void quota_book_beyond(struct quota *quota, int fd);
/* Notes that the inode FD has lost a name, perhaps its last. NODE is its node; 0: it has no node.
 */

void quota_unlinked(struct quota *quota, uint32_t node, int fd);
/* Notes that the kernel has forgotten NODE, which had lost a name. */
void quota_freed(struct quota *quota, uint32_t node);

/* Reduces the sizes in RET to the limit, and the free space to what the limit leaves. */
void quota_statfs(struct quota *quota, struct statvfs *ret);
