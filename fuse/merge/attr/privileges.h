/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Setuid, setgid and capabilities, and what takes them away. Whatever reads a mode and writes it
 * back, or what depends on it, holds the node's lock meanwhile: else it would give back what a
 * chown or chmod has just taken. Within the merge filesystem only.
 */
#pragma once

#include "fuse/merge/state.h"

/* As fs_kill_privileges, with NODE's lock held. */
int fs_kill_privileges_locked(struct fs *fs, uint32_t node, int fd, const struct caller *caller);

int fs_remove_capability(struct fs *fs, uint32_t node, int fd);

/* fstat(2), with the owner and the mode that an xattr may tell instead. */
int fs_stat_owned(const struct fs *fs, int fd, struct stat *ret);
/* The mode bits of a file, with ST on the disk, that end when CALLER gives it another owner. */
mode_t fs_lost_by_chown(const struct fs *fs, const struct stat *st, const struct caller *caller);
/* Takes the mode bits BITS from FD, where it has some of them; 1 if it had. NODE's lock is held. */
int fs_clear_mode(const struct fs *fs, int fd, mode_t bits);
