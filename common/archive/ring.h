/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A few pieces of a stream on their way from one thread to another; the caller does the locking. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define SHALE_RING_PIECE  ((size_t)256 * 1024)
#define SHALE_RING_PIECES 4

struct shale_ring {
	size_t first, n; /* the pieces that were put and not yet taken */
	size_t taken;    /* bytes of the oldest */
	bool closed;     /* there will be no more */
	size_t sizes[SHALE_RING_PIECES];
	char data[SHALE_RING_PIECES][SHALE_RING_PIECE];
};

/* NULL: no memory. */
struct shale_ring *shale_ring_new(void);
void shale_ring_free(struct shale_ring *ring);

bool shale_ring_is_full(const struct shale_ring *ring);
/* Where the next piece goes: asked with the lock; what is there is the putting side's alone, also
 * without. */
void *shale_ring_room(struct shale_ring *ring);
/* SIZE bytes were written there. */
void shale_ring_put(struct shale_ring *ring, size_t size);

/* The oldest piece, which stays until it is dropped. */
const void *shale_ring_oldest(const struct shale_ring *ring, size_t *ret_size);
void shale_ring_drop(struct shale_ring *ring);
/* Copies at most SIZE bytes of the oldest piece, which goes when nothing is left of it. */
size_t shale_ring_take(struct shale_ring *ring, void *to, size_t size);
