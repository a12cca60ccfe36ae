/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Brings what is being unpacked to the disk meanwhile, by a thread of its own, so that the sync
 * before a layer gets its name finds little left to do.
 */
#pragma once

#include <stdint.h>

struct flusher;

/* FD, on the filesystem to be synced, stays the caller's. NULL: without help, then. */
struct flusher *flusher_start(int fd);
/* A file of so many bytes was written. NULL is no flusher, here and below. */
void flusher_add(struct flusher *flusher, uint64_t bytes);
/* No more will be written: a last sync begins. */
void flusher_finish(struct flusher *flusher);
/* Waits for a sync that goes on, and releases FLUSHER. The first error that a sync met: the kernel
 * tells it once, and the caller's own sync would not see it any more. */
int flusher_stop(struct flusher *flusher);

static inline void cleanup_flusher(struct flusher **flusher)
{
	flusher_stop(*flusher);
}
#define auto_flusher __attribute__((cleanup(cleanup_flusher)))
