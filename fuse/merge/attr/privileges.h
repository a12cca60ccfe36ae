/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Clears setuid, setgid and capabilities. A function that reads a mode and writes it back holds the
 * node's lock meanwhile; otherwise it could restore bits that a chown or chmod has just cleared.
 * Within the merge filesystem only.
 */
#pragma once

#include "fuse/merge/state.h"

/* Does the work of fs_kill_privileges. The caller holds NODE's lock, and has read ST by
 * privileges_stat() since it took the lock. */
int privileges_kill(
	struct fs *fs, uint32_t node, int fd, const struct stat *st, const struct caller *caller);

int privileges_remove_capability(struct fs *fs, uint32_t node, int fd);

/* Calls fstat(2), and replaces owner and mode by those of the override xattr, if there is one. */
int privileges_stat(struct fs *fs, int fd, struct stat *ret);
/* Returns the mode bits that a file loses when CALLER changes its owner. ST is the file's stat on
 * the disk. */
mode_t privileges_lost_by_chown(
	const struct fs *fs, const struct stat *st, const struct caller *caller);
/* Clears BITS of the mode of FD. Returns 1 if one of them was set. The caller holds the node's
 * lock. */
int privileges_clear_mode(struct fs *fs, int fd, mode_t bits);
