/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Statistics of a mount, such as its nodes and its requests by operation: lines with a name and a
 * number, which shale-fuse(1) lists. The counters are global variables, since one process serves
 * one mount. */
#pragma once

#include "fuse/merge/fs.h"

/* Counts a request of the FUSE protocol. Any thread may call this. */
void stats_count(uint32_t opcode);
/* Counts that a reader has waited awake. PAID: a request came. Any thread may call this. */
void stats_count_wait(bool paid);

/* Writes the statistics of FS as text with a NUL, less than SIZE bytes. Leaves out lines that do
 * not fit. */
void stats_write(struct fs *fs, char *ret, size_t size);

struct stats;
/* Starts a thread that writes the statistics of FS at each SIGUSR1. Blocks SIGUSR1 in the calling
 * thread and in those that it starts later. Replaces the file PATH by one rename; if PATH is NULL,
 * writes to standard error. */
int stats_start(struct fs *fs, const char *path, struct stats **ret, struct shale_error *err);
/* If there is a PATH, writes the statistics a last time. Ends the thread. STATS may be NULL. */
void stats_stop(struct stats *stats);
