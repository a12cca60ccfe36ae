/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/archive/ring.h"

#include <stdlib.h>
#include <string.h>

/* The pieces are not touched before they are used. */
struct shale_ring *shale_ring_new(void)
{
	struct shale_ring *ring = malloc(sizeof(*ring));

	if (!ring)
		return NULL;
	ring->first = ring->n = ring->taken = 0;
	ring->closed = false;
	return ring;
}

void shale_ring_free(struct shale_ring *ring)
{
	free(ring);
}

bool shale_ring_is_full(const struct shale_ring *ring)
{
	return ring->n == SHALE_RING_PIECES;
}

static size_t next_of(const struct shale_ring *ring)
{
	return (ring->first + ring->n) % SHALE_RING_PIECES;
}

void *shale_ring_room(struct shale_ring *ring)
{
	return ring->data[next_of(ring)];
}

void shale_ring_put(struct shale_ring *ring, size_t size)
{
	ring->sizes[next_of(ring)] = size;
	ring->n++;
}

const void *shale_ring_oldest(const struct shale_ring *ring, size_t *ret_size)
{
	*ret_size = ring->sizes[ring->first];
	return ring->data[ring->first];
}

void shale_ring_drop(struct shale_ring *ring)
{
	ring->first = (ring->first + 1) % SHALE_RING_PIECES;
	ring->n--;
	ring->taken = 0;
}

size_t shale_ring_take(struct shale_ring *ring, void *to, size_t size)
{
	size_t left = ring->sizes[ring->first] - ring->taken;

	if (size > left)
		size = left;
	memcpy(to, ring->data[ring->first] + ring->taken, size);
	ring->taken += size;
	if (size == left)
		shale_ring_drop(ring);
	return size;
}
