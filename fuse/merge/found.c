/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/merge/found.h"

#include <stdlib.h>

void shale_found_init(struct shale_found *found)
{
	found->where = 0;
	found->upper = found->opaque = found->origin = found->no_data = found->unprotected = false;
	found->linked = found->indexed = found->unaliased = false;
	found->data.parent = 0;
	found->n_dirs = 0;
	found->held = NULL;
}

void shale_found_release(struct shale_found *found)
{
	for (struct shale_held *held = found->held, *next; held; held = next) {
		next = held->next;
		pthread_mutex_lock(&held->fs->table.lock);
		shale_real_unref(&held->fs->table, held->real);
		pthread_mutex_unlock(&held->fs->table.lock);
		free(held);
	}
	found->held = NULL;
}

struct shale_held *shale_found_hold(
	struct shale_found *found, struct shale_fs *fs, uint32_t real, size_t size)
{
	struct shale_held *held = malloc(sizeof(*held) + size);

	if (!held)
		return NULL;
	*held = (struct shale_held){ .next = found->held, .fs = fs, .real = real };
	found->held = held;
	return held;
}
