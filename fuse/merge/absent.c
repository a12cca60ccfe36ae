/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/merge/absent.h"

bool shale_absent(struct shale_fs *fs, uint32_t node, uint16_t flags, uint32_t *ret_changes)
{
	pthread_mutex_lock(&fs->table.lock);
	bool absent = shale_node_at(&fs->table, node)->flags & flags;
	*ret_changes = fs->xattr_changes;
	pthread_mutex_unlock(&fs->table.lock);
	return absent;
}

void shale_absent_note(struct shale_fs *fs, uint32_t node, uint16_t flags, uint32_t changes)
{
	if (fs->options.without & SHALE_LEVER_XATTRS)
		return;
	pthread_mutex_lock(&fs->table.lock);
	if (fs->xattr_changes == changes)
		shale_node_at(&fs->table, node)->flags |= flags;
	pthread_mutex_unlock(&fs->table.lock);
}

void shale_absent_change(struct shale_fs *fs, uint32_t node, uint16_t flags)
{
	pthread_mutex_lock(&fs->table.lock);
	fs->xattr_changes++;
	shale_node_at(&fs->table, node)->flags &= (uint16_t)~flags;
	pthread_mutex_unlock(&fs->table.lock);
}
