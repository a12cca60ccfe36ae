/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/merge/lookup/roots.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

int roots_open(struct roots *roots, size_t n)
{
	size_t n_slots = 8;

	while (n_slots < 2 * n)
		n_slots *= 2;
	*roots = (struct roots){ .slots = calloc(n_slots, sizeof(struct root)),
		.n_slots = n_slots };
	return roots->slots ? 0 : -ENOMEM;
}

void roots_close(struct roots *roots)
{
	free(roots->slots);
	*roots = (struct roots){ 0 };
}

static size_t home_of(dev_t dev, ino_t ino)
{
	return (size_t)((uint64_t)(ino ^ dev) * 0x9e3779b97f4a7c15u >> 32);
}

/* Returns the slot of a root, or the free slot that it would get. */
static struct root *slot_of(const struct roots *roots, dev_t dev, ino_t ino)
{
	for (size_t at = home_of(dev, ino);; at++) {
		struct root *slot = &roots->slots[at & (roots->n_slots - 1)];
		if (!slot->ino || (slot->ino == ino && slot->dev == dev))
			return slot;
	}
}

int roots_add(struct roots *roots, dev_t dev, ino_t ino)
{
	struct root *slot = slot_of(roots, dev, ino);

	if (slot->ino)
		return -EEXIST;
	*slot = (struct root){ .dev = dev, .ino = ino };
	return 0;
}

/* Frees the slot, then adds each root behind it again, up to the next free slot: one of them may
 * stand there only because this slot was taken. */
void roots_remove(struct roots *roots, dev_t dev, ino_t ino)
{
	const size_t mask = roots->n_slots - 1;
	struct root *slot = slot_of(roots, dev, ino);
	size_t at = (size_t)(slot - roots->slots);

	if (!slot->ino)
		return;
	*slot = (struct root){ 0 };
	while (roots->slots[++at & mask].ino) {
		struct root moved = roots->slots[at & mask];
		roots->slots[at & mask] = (struct root){ 0 };
		*slot_of(roots, moved.dev, moved.ino) = moved;
	}
}

bool roots_have(const struct roots *roots, dev_t dev, ino_t ino)
{
	return slot_of(roots, dev, ino)->ino;
}
