/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/merge/attr/known_absent.h"

bool known_absent_has(struct fs *fs, uint32_t node, uint16_t flags, uint32_t *ret_changes)
{
	pthread_mutex_lock(&fs->table.lock);
	bool absent = node_at(&fs->table, node)->flags & flags;
	*ret_changes = fs->xattr_changes;
	pthread_mutex_unlock(&fs->table.lock);
	return absent;
}

void known_absent_note(struct fs *fs, uint32_t node, uint16_t flags, uint32_t changes)
{
	if (fs->options.without & OPTIMISATION_XATTRS)
		return;
	pthread_mutex_lock(&fs->table.lock);
	if (fs->xattr_changes == changes)
		node_at(&fs->table, node)->flags |= flags;
	pthread_mutex_unlock(&fs->table.lock);
}

void known_absent_change(struct fs *fs, uint32_t node, uint16_t flags)
{
	pthread_mutex_lock(&fs->table.lock);
	fs->xattr_changes++;
	node_at(&fs->table, node)->flags &= (uint16_t)~flags;
	pthread_mutex_unlock(&fs->table.lock);
}
