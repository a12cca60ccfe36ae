/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/archive/apply/ring.h"

#include <stdlib.h>
#include <string.h>

/* calloc() of this size uses no memory for pieces that are never filled. */
struct ring *ring_new(void)
{
	struct ring *ring = malloc(sizeof(*ring));

	if (!ring)
		return NULL;
	ring->first = ring->n = ring->taken = 0;
	ring->closed = false;
	return ring;
}

void ring_free(struct ring *ring)
{
	free(ring);
}

bool ring_is_full(const struct ring *ring)
{
	return ring->n == RING_PIECES;
}

static size_t next_of(const struct ring *ring)
{
	return (ring->first + ring->n) % RING_PIECES;
}

void *ring_room(struct ring *ring)
{
	return ring->data[next_of(ring)];
}

void ring_put(struct ring *ring, size_t size)
{
	ring->sizes[next_of(ring)] = size;
	ring->n++;
}

const void *ring_oldest(const struct ring *ring, size_t *ret_size)
{
	*ret_size = ring->sizes[ring->first];
	return ring->data[ring->first];
}

void ring_drop(struct ring *ring)
{
	ring->first = (ring->first + 1) % RING_PIECES;
	ring->n--;
	ring->taken = 0;
}

size_t ring_take(struct ring *ring, void *to, size_t size)
{
	size_t left = ring->sizes[ring->first] - ring->taken;

	if (size > left)
		size = left;
	memcpy(to, ring->data[ring->first] + ring->taken, size);
	ring->taken += size;
	if (size == left)
		ring_drop(ring);
	return size;
}
