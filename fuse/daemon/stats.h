/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Statistics of a mount, such as requests by operation and nodes. Each line has a figure's name and
 * its number; shale-fuse(1) lists them. The counters are global, since one process serves one
 * mount.
 */
#pragma once

#include "fuse/merge/fs.h"

/* Counts a request of the FUSE protocol. Any thread may call this. */
void stats_count(uint32_t opcode);
/* Counts a wait awake of a reader; PAID: a request came meanwhile. Any thread may call this. */
void stats_count_wait(bool paid);

/* Writes the figures of FS as text of less than SIZE bytes, with a NUL at its end. Drops figures
 * that do not fit. */
void stats_write(struct fs *fs, char *ret, size_t size);

struct stats;
/*
 * Starts a thread that writes the figures of FS on each SIGUSR1. Blocks SIGUSR1 in the calling
 * thread and in threads that it starts later. The figures replace the file PATH by one rename; with
 * PATH NULL they go to standard error.
 */
int stats_start(struct fs *fs, const char *path, struct stats **ret, struct shale_error *err);
/* Writes the figures a last time if there is a PATH, and ends the thread. STATS may be NULL. */
void stats_stop(struct stats *stats);
