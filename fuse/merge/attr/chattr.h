/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The flags that chattr(1) sets. The kernel does not know that an inode of FUSE is immutable or
 * append-only, so each change of a node checks it here, before anything is copied up.
 */
#pragma once

#include "common/overlay/chattr_flags.h"
#include "fuse/merge/fs.h"

struct fs_fileattr {
	/* Whether XATTR is set (for FS_IOC_FSGETXATTR); if not, FLAGS is (for FS_IOC_GETFLAGS). */
	bool extended;
	int flags;
	struct fsxattr xattr;
};

/* Reads the flags of NODE, a regular file or a directory. Returns -ENOTTY if the filesystem below
 * has no flags. */
int chattr_get(struct fs *fs, uint32_t node, struct fs_fileattr *attr);
/* Copies NODE up and sets its flags. The kernel has checked the caller's right to do this. */
int chattr_set(struct fs *fs, uint32_t node, const struct fs_fileattr *attr);

/* Returns the flags that new files inherit from the upper directory NODE, which is open as FD. */
int chattr_inherited(struct fs *fs, uint32_t node, int fd);

/* Returns -EPERM if NODE has one of FLAGS (FS_IMMUTABLE_FL, FS_APPEND_FL); 0 if not, or if NODE is
 * 0 (no node). The caller must not hold the lock TREE (state.h). */
int chattr_check(struct fs *fs, uint32_t node, int flags);
