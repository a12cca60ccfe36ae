/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/merge/change/change.h"
#include "fuse/merge/copyup/index_link.h"
#include "fuse/merge/lookup/index.h"

#include "common/base/scope.h"
#include "common/overlay/aufs.h"

#include <errno.h>
#include <string.h>

int change_check_name(const struct fs *fs, const char *name)
{
	return fs->upper_aufs && aufs_is_mark(name) ? -EPERM : 0;
}

static int stop_at_entry(const struct listed *listed, void *arg)
{
	bool *found = arg;

	if (!strcmp(listed->name, ".") || !strcmp(listed->name, ".."))
		return 0;
	*found = true;
	return 1;
}

int change_check_empty(struct fs *fs, uint32_t node)
{
	bool found = false;
	int r = listing_list(fs, node, 0, stop_at_entry, &found);

	if (r < 0)
		return r;
	return found ? -ENOTEMPTY : 0;
}

/* Puts a lower hard link into the index even if it is about to be removed, as the kernel does: the
 * index keeps the link count that the mount shows. */
static int put_into_index(struct fs *fs, uint32_t id)
{
	auto_ref struct ref ref = REF_NONE;
	struct place place;
	struct stat st;
	bool goes = false;

	locate_place_held(fs, id, &place);
	int r = place.dirs || place.flags & NODE_UPPER ? 0 : locate_node_open(fs, id, &ref);
	if (r >= 0 && ref.fd >= 0) {
		r = sys(fstat(ref.fd, &st));
		goes = r == 0 && index_takes(fs, real_at(&fs->table, place.where)->layer, &st);
	}
	locate_release(fs, &place);
	return r < 0 || !goes ? r : copyup_node(fs, id);
}

int change_index_link(struct fs *fs, uint32_t id, const struct upper_dir *dir, const char *name)
{
	struct place place;

	if (!fs->index || !id)
		return 0;
	int r = put_into_index(fs, id);
	if (r < 0)
		return r;
	locate_place(fs, id, &place);
	return place.flags & NODE_INDEXED ? index_link_add(fs, id, dir, name) : 0;
}

int change_find_made(struct fs *fs, const struct upper_dir *dir, const char *name, mode_t type,
	struct entry *ret)
{
	int r = fs_lookup(fs, dir->node, name, ret);

	if (r == 0 && (ret->st.st_mode & S_IFMT) != type) {
		fs_forget(fs, ret->node, 1);
		return -EEXIST;
	}
	return r;
}
