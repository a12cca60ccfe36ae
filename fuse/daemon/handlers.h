/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The FUSE requests: each is decoded, given to the merge filesystem, and answered once. */
#pragma once

#define FUSE_USE_VERSION 312
#include <fuse_lowlevel.h>

#include "fuse/merge/fs.h"

/* The session's user data. */
struct fuse_in_header;

struct handlers {
	struct fs *fs;
	double timeout;           /* seconds that the kernel may keep names and attributes */
	bool acls;                /* POSIX ACLs, checked by the kernel */
	bool writeback;           /* the kernel may keep writes back */
	unsigned int without;     /* sum of enum optimisation */
	void (*ready)(void *arg); /* called once, when the kernel has been answered */
	void *arg;
};

extern const struct fuse_lowlevel_ops fuse_ops;

/* For wire_attach. */
void handle_initialised(void *arg);
int handle_admit(void *arg, const struct fuse_in_header *request);
int handle_tmpfile(void *arg, uint64_t parent, uint32_t mode, uint32_t umask, uint32_t uid,
	uint32_t gid, struct fuse_entry_param *ret);
void handle_unanswered(void *arg, uint64_t node);
