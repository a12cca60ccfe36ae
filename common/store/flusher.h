/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A thread that syncs files while others are still being unpacked, so that the sync before a layer
 * gets its name finds little left to do.
 */
#pragma once

#include <stdint.h>

struct flusher;

/* FD, on the filesystem to be synced, stays the caller's. NULL: no thread could be started, and
 * nothing is synced early. */
struct flusher *flusher_start(int fd);
/* Reports that a file of BYTES bytes was written. FLUSHER may be NULL, here and below. */
void flusher_add(struct flusher *flusher, uint64_t bytes);
/* Reports that no more files will be written: a last sync begins. */
void flusher_finish(struct flusher *flusher);
/* Waits for the running sync, releases FLUSHER, and returns the first error of a sync: the kernel
 * reports a write error only once, so the caller's own sync would not see it. */
int flusher_stop(struct flusher *flusher);

static inline void cleanup_flusher(struct flusher **flusher)
{
	flusher_stop(*flusher);
}
#define auto_flusher __attribute__((cleanup(cleanup_flusher)))
