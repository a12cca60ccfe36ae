/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Takes setuid, setgid and capabilities away. A function that reads a mode and writes it back holds
 * the node's lock meanwhile; otherwise it could restore bits that a chown or chmod has just
 * cleared. Within the merge filesystem only.
 */
#pragma once

#include "fuse/merge/state.h"

/* Like fs_kill_privileges; the caller holds NODE's lock. */
int privileges_kill(struct fs *fs, uint32_t node, int fd, const struct caller *caller);

int privileges_remove_capability(struct fs *fs, uint32_t node, int fd);

/* fstat(2), with owner and mode from the override xattr, if there is one. */
int privileges_stat(struct fs *fs, int fd, struct stat *ret);
/* The mode bits that a file, whose stat on the disk is ST, loses when CALLER changes its owner. */
mode_t privileges_lost_by_chown(
	const struct fs *fs, const struct stat *st, const struct caller *caller);
/* Clears the mode bits BITS of FD; 1 if one of them was set. The caller holds the node's lock. */
int privileges_clear_mode(struct fs *fs, int fd, mode_t bits);
