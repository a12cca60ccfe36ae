/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A few pieces of a stream on their way from one thread to another; the caller does the locking. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define RING_PIECE  ((size_t)256 * 1024)
#define RING_PIECES 4

struct ring {
	size_t first, n; /* the pieces that were put and not yet taken */
	size_t taken;    /* bytes of the oldest */
	bool closed;     /* there will be no more */
	size_t sizes[RING_PIECES];
	char data[RING_PIECES][RING_PIECE];
};

/* NULL: no memory. */
struct ring *ring_new(void);
void ring_free(struct ring *ring);

bool ring_is_full(const struct ring *ring);
/* Where the next piece goes: asked with the lock; what is there is the putting side's alone, also
 * without. */
void *ring_room(struct ring *ring);
/* SIZE bytes were written there. */
void ring_put(struct ring *ring, size_t size);

/* The oldest piece, which stays until it is dropped. */
const void *ring_oldest(const struct ring *ring, size_t *ret_size);
void ring_drop(struct ring *ring);
/* Copies at most SIZE bytes of the oldest piece, which goes when nothing is left of it. */
size_t ring_take(struct ring *ring, void *to, size_t size);
