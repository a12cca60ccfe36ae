/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A thread that syncs files while others are still being unpacked. So the final sync, before the
 * layer gets its name, has little left to write. */
#pragma once

#include <stdint.h>

struct flusher;

/* Starts the thread. FD, on the filesystem to be synced, stays the caller's. Returns NULL if no
 * thread could be started; then nothing is synced early. */
struct flusher *flusher_start(int fd);
/* Reports that a file of BYTES bytes was written. FLUSHER may be NULL, here and below. */
void flusher_add(struct flusher *flusher, uint64_t bytes);
/* Reports that no more files will be written, so that the last sync begins. */
void flusher_finish(struct flusher *flusher);
/* Waits for the running sync, frees FLUSHER, and returns the first error of a sync. The kernel
 * reports a write error only once, so the caller's own sync would not return it. */
int flusher_stop(struct flusher *flusher);

static inline void cleanup_flusher(struct flusher **flusher)
{
	flusher_stop(*flusher);
}
#define auto_flusher __attribute__((cleanup(cleanup_flusher)))
