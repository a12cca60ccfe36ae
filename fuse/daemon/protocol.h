/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The kernel's FUSE protocol: <linux/fuse.h>, a stable ABI. Adds constants and structs that the
 * oldest supported header lacks, and checks the layouts of structs of requests and replies.
 */
#pragma once

#include <assert.h>
#include <linux/fuse.h>
#include <stddef.h>

#define PROTOCOL_MAJOR 7
#define PROTOCOL_MINOR 38 /* the newest version that is known here */
/* The oldest version that is accepted: earlier ones have a shorter reply to INIT. */
#define PROTOCOL_OLDEST 23

/* Since Linux 6.9 the notification NOTIFY_RESEND makes the kernel send once more all requests that
 * were read and not answered. Their numbers then have the bit UNIQUE_RESEND. */
#ifndef FUSE_HAS_RESEND
#define FUSE_HAS_RESEND (1ULL << 39)
#endif
#define NOTIFY_RESEND 7
#define UNIQUE_RESEND (1ULL << 63)

/* Sizes of the request INIT: before version 7.36, and since. */
#define INIT_IN_OLD offsetof(struct fuse_init_in, flags2)

#define FUSE_STATX_REQUEST 52 /* since version 7.39 */

struct statx_request {
	uint32_t getattr_flags, reserved;
	uint64_t fh;
	uint32_t flags, mask; /* the flags of statx(2) */
};

struct statx_time {
	int64_t seconds;
	uint32_t nanoseconds, reserved;
};

struct statx_reply {
	uint64_t valid; /* seconds for which the kernel may cache the attributes */
	uint32_t valid_nsec, flags;
	uint64_t spare[2];
	uint32_t mask, blksize;
	uint64_t attributes;
	uint32_t nlink, uid, gid;
	uint16_t mode, spare_mode;
	uint64_t ino, size, blocks, attributes_mask;
	struct statx_time atime, btime, ctime, mtime;
	uint32_t rdev_major, rdev_minor, dev_major, dev_minor;
	uint64_t spare_end[14];
};

static_assert(sizeof(struct statx_request) == 24, "layout of fuse_statx_in");
static_assert(sizeof(struct statx_reply) == 288, "layout of fuse_statx_out");
static_assert(sizeof(struct fuse_in_header) == 40, "layout of fuse_in_header");
static_assert(sizeof(struct fuse_out_header) == 16, "layout of fuse_out_header");
static_assert(sizeof(struct fuse_init_in) == 64 && INIT_IN_OLD == 16, "layout of fuse_init_in");
static_assert(sizeof(struct fuse_init_out) == 64, "layout of fuse_init_out");
static_assert(sizeof(struct fuse_attr) == 88, "layout of fuse_attr");
static_assert(sizeof(struct fuse_entry_out) == 128, "layout of fuse_entry_out");
static_assert(sizeof(struct fuse_attr_out) == 104, "layout of fuse_attr_out");
static_assert(sizeof(struct fuse_setattr_in) == 88, "layout of fuse_setattr_in");
static_assert(sizeof(struct fuse_read_in) == 40, "layout of fuse_read_in");
static_assert(sizeof(struct fuse_write_in) == 40, "layout of fuse_write_in");
static_assert(sizeof(struct fuse_create_in) == 16, "layout of fuse_create_in");
static_assert(sizeof(struct fuse_statfs_out) == 80, "layout of fuse_statfs_out");
static_assert(sizeof(struct fuse_ioctl_in) == 32, "layout of fuse_ioctl_in");
static_assert(sizeof(struct fuse_copy_file_range_in) == 56, "layout of fuse_copy_file_range_in");
static_assert(FUSE_COMPAT_SETXATTR_IN_SIZE == 8, "layout of fuse_setxattr_in");
static_assert(offsetof(struct fuse_dirent, name) == 24, "layout of fuse_dirent");
static_assert(sizeof(struct fuse_notify_inval_inode_out) == 24, "layout of an invalidation");
