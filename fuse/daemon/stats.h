/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Figures of a mount, such as requests by operation and nodes: a line a figure, its name and a
 * number. shale-fuse(1) lists them. One process serves one mount.
 */
#pragma once

#include "fuse/merge/fs.h"

/* Counts a request of the FUSE protocol; from any thread. */
void stats_count(uint32_t opcode);
/* Counts a reader's wait awake; PAID: a request came meanwhile. From any thread. */
void stats_count_wait(bool paid);

/* Writes the figures of FS as text of less than SIZE bytes, with a NUL at its end; drops figures
 * that do not fit. */
void stats_write(struct fs *fs, char *ret, size_t size);

struct stats;
/* Starts to write the figures of FS on each SIGUSR1, which is blocked in the calling thread and
 * those that it starts from now on. They take PATH's place by one rename; PATH NULL: they go to
 * standard error. */
int stats_start(struct fs *fs, const char *path, struct stats **ret, struct shale_error *err);
/* Writes them a last time if there is a PATH. STATS may be NULL. */
void stats_stop(struct stats *stats);
