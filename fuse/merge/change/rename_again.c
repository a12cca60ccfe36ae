/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/merge/change/rename_end.h"

#include "common/overlay/whiteout.h"
#include "fuse/merge/copyup/index_link.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <unistd.h>

/* Whether NAME in DIR is the upper inode of NODE. */
static bool holds(struct fs *fs, const struct upper_dir *dir, const char *name, uint32_t node)
{
	struct place place;
	struct stat st;

	locate_place(fs, node, &place);
	if (!(place.flags & NODE_UPPER) || fstatat(dir->ref.fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return false;
	pthread_mutex_lock(&fs->table.lock);
	const struct node *at = node_at(&fs->table, node);
	bool same = at->flags & NODE_HASHED && !(at->flags & NODE_BY_NAME) &&
		    at->key == st.st_ino && fs->table.kept->filesystems[at->fs] == st.st_dev;
	pthread_mutex_unlock(&fs->table.lock);
	return same;
}

/* Completes the old name: makes a whiteout there if a lower layer has the name, or removes one that
 * is not needed. */
static int mend_old_name(struct fs *fs, const struct rename_end *from)
{
	int whiteout = upper_whiteout_is(fs, from->dir.ref.fd, from->name);
	int lower = from->dir.merged ? lookup_lower_has(fs, from->dir.node, from->name) : 0;

	if (lower < 0)
		return lower;
	if (lower > 0 && whiteout == -ENOENT)
		return upper_whiteout_make(fs, from->dir.ref.fd, from->name);
	if (lower == 0 && whiteout == 1)
		(void)unlinkat(from->dir.ref.fd, from->name, 0);
	return 0;
}

static int complete(
	struct fs *fs, const struct rename_end *from, const struct rename_end *to, bool exchange)
{
	uint32_t replaced = exchange ? 0 : to->node;
	struct place place = { .flags = NODE_UNLINKED };
	int r = exchange ? 0 : mend_old_name(fs, from);

	if (replaced)
		locate_place(fs, replaced, &place);
	if (!(place.flags & NODE_UNLINKED)) {
		index_link_drop(fs, replaced);
		unlinked_note(fs, replaced);
	}
	quota_book(fs->quota, from->dir.ref.fd);
	quota_book(fs->quota, to->dir.ref.fd);
	if (r == 0)
		r = rename_move_node(fs, from, to);
	if (r == 0 && exchange)
		r = rename_move_node(fs, to, from);
	return r;
}

/* Completes a rename that an earlier worker has made on the disk. Returns 1 if that worker has not
 * made it. */
static int complete_if_done(struct fs *fs, uint32_t parent, uint32_t new_parent,
	struct rename_end *from, struct rename_end *to, unsigned int flags)
{
	bool exchange = flags & RENAME_EXCHANGE;
	int r = 1;

	if (!locate_is_upper(fs, parent) || !locate_is_upper(fs, new_parent))
		return 1;
	if (upper_dir_get(fs, parent, &from->dir) < 0 ||
		upper_dir_get(fs, new_parent, &to->dir) < 0)
		return 1;
	pthread_rwlock_wrlock(&fs->tree);
	if (holds(fs, &to->dir, to->name, from->node) &&
		(!exchange || holds(fs, &from->dir, from->name, to->node)))
		r = complete(fs, from, to, exchange);
	pthread_rwlock_unlock(&fs->tree);
	return r;
}

int rename_again(struct fs *fs, uint32_t parent, const char *name, uint32_t new_parent,
	const char *new_name, unsigned int flags)
{
	const struct kept_change *change = kept_change_again();
	struct rename_end from = { .dir = UPPER_DIR_NONE, .name = name };
	struct rename_end to = { .dir = UPPER_DIR_NONE, .name = new_name };

	if (!change || !change->from)
		return 1;
	from.node = change->from;
	to.node = change->to;
	int r = complete_if_done(fs, parent, new_parent, &from, &to, flags);
	upper_dir_close(&from.dir);
	upper_dir_close(&to.dir);
	return r;
}
