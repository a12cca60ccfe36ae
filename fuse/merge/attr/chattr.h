/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The flags that chattr(1) sets. The kernel knows of an inode of FUSE neither that it is immutable
 * nor that it is append-only, so whoever changes a node asks here, before anything is copied up.
 */
#pragma once

#include "common/overlay/chattr_flags.h"
#include "fuse/merge/fs.h"

struct fs_fileattr {
	bool extended; /* as FS_IOC_FSGETXATTR has it, in XATTR; else FS_IOC_GETFLAGS, in FLAGS */
	int flags;
	struct fsxattr xattr;
};

/* NODE is a regular file or a directory. -ENOTTY where the filesystem below has no flags. */
int fs_fileattr_get(struct fs *fs, uint32_t node, struct fs_fileattr *attr);
/* Copies up. The kernel has checked that the caller may. */
int fs_fileattr_set(struct fs *fs, uint32_t node, const struct fs_fileattr *attr);

/* The flags that the upper directory NODE, open as FD, may hand on to what is made in it. */
int fs_handed_on(struct fs *fs, uint32_t node, int fd);

/* -EPERM if NODE has one of FLAGS (FS_IMMUTABLE_FL, FS_APPEND_FL). 0 if not, or if NODE is 0 (no
 * node). The caller must not hold the lock TREE (see state.h). */
int fs_unprotected(struct fs *fs, uint32_t node, int flags);
