/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A few pieces of a stream on their way from one thread to another; the caller does the locking. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define RING_PIECE  ((size_t)256 * 1024)
#define RING_PIECES 4

struct ring {
	size_t first, n; /* pieces that were added and not dropped yet: the oldest one, and their
			    number */
	size_t taken;    /* bytes of the oldest piece that ring_take has copied already */
	bool closed;     /* no more pieces will come */
	size_t sizes[RING_PIECES];
	char data[RING_PIECES][RING_PIECE];
};

/* Makes an empty ring. Returns NULL without memory. */
struct ring *ring_new(void);
void ring_free(struct ring *ring);

bool ring_is_full(const struct ring *ring);
/* Returns a place for the next piece. Call it with the lock held. The place then belongs to the
 * thread that fills it, also without the lock. */
void *ring_room(struct ring *ring);
/* Adds the SIZE bytes that were written to the place from ring_room as a piece. */
void ring_put(struct ring *ring, size_t size);

/* Returns the oldest piece, which stays until ring_drop. */
const void *ring_oldest(const struct ring *ring, size_t *ret_size);
void ring_drop(struct ring *ring);
/* Copies at most SIZE bytes of the oldest piece, and drops the piece when it is used up. */
size_t ring_take(struct ring *ring, void *to, size_t size);
