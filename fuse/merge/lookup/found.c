/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/merge/lookup/found.h"

#include <stdlib.h>

void found_init(struct found *found)
{
	found->where = 0;
	found->upper = found->opaque = found->origin = found->no_data = found->unprotected = false;
	found->has_origin = found->bare = found->redirected = false;
	found->linked = found->indexed = found->unaliased = false;
	found->data.parent = 0;
	found->n_dirs = 0;
	found->held = NULL;
}

void found_release(struct found *found)
{
	for (struct held *held = found->held, *next; held; held = next) {
		next = held->next;
		pthread_mutex_lock(&held->fs->table.lock);
		real_unref(&held->fs->table, held->real);
		pthread_mutex_unlock(&held->fs->table.lock);
		free(held);
	}
	found->held = NULL;
}

struct held *found_hold(struct found *found, struct fs *fs, uint32_t real, size_t size)
{
	struct held *held = malloc(sizeof(*held) + size);

	if (!held)
		return NULL;
	*held = (struct held){ .next = found->held, .fs = fs, .real = real };
	found->held = held;
	return held;
}
