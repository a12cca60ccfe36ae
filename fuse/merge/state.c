/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/merge/state.h"

#include <string.h>

void state_forget(struct fs *fs, uint32_t node, uint64_t count)
{
	node_forget(&fs->table, node, count);
}

uint32_t fs_type(struct fs *fs, uint64_t node)
{
	pthread_mutex_lock(&fs->table.lock);
	uint32_t type = node_handed_out(&fs->table, node);
	pthread_mutex_unlock(&fs->table.lock);
	return type;
}

void fs_forget(struct fs *fs, uint32_t node, uint64_t count)
{
	pthread_mutex_lock(&fs->table.lock);
	if (node_handed_out(&fs->table, node))
		state_forget(fs, node, count);
	pthread_mutex_unlock(&fs->table.lock);
}

/* Puts the numbers of the nodes' locks into ascending order, without repetitions. */
static size_t lock_order(const uint32_t *nodes, size_t n, uint32_t *order)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++) {
		uint32_t lock = nodes[i] % NODE_LOCKS;
		size_t at = 0;
		if (!nodes[i])
			continue;
		while (at < count && order[at] < lock)
			at++;
		if (at < count && order[at] == lock)
			continue;
		memmove(order + at + 1, order + at, (count - at) * sizeof(*order));
		order[at] = lock;
		count++;
	}
	return count;
}

void state_lock_nodes(struct fs *fs, const uint32_t *nodes, size_t n)
{
	uint32_t order[8];
	size_t count = lock_order(nodes, n, order);

	for (size_t i = 0; i < count; i++)
		pthread_mutex_lock(&fs->node_locks[order[i]]);
}

void state_unlock_nodes(struct fs *fs, const uint32_t *nodes, size_t n)
{
	uint32_t order[8];
	size_t count = lock_order(nodes, n, order);

	while (count > 0)
		pthread_mutex_unlock(&fs->node_locks[order[--count]]);
}

enum whiteout_kind state_whiteout_kind(const struct fs *fs)
{
	if (!(fs->lacks & LACKS_DEVICE_0_0))
		return WHITEOUT_DEVICE;
	return fs->lacks & LACKS_XATTRS ? WHITEOUT_BESIDE : WHITEOUT_MARKED;
}
