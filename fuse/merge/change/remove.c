/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/merge/change/change.h"
#include "fuse/merge/attr/chattr.h"
#include "fuse/merge/copyup/index_link.h"
#include "fuse/merge/descriptors/pins.h"

#include "common/base/scope.h"
#include "common/overlay/aufs.h"
#include "common/overlay/rename_flags.h"
#include "common/overlay/whiteout.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>

/* A name to be removed. */
struct removal {
	const struct upper_dir *dir;
	const char *name;
	bool directory;
	bool upper; /* the upper layer has the name */
	bool lower; /* a lower layer shows the name, so a whiteout must stay behind */
};

/* Exchanges the name and a whiteout in one step, so that the lower file is never visible. The old
 * file is in the work directory afterwards. */
static int replace_by_whiteout(struct fs *fs, const struct removal *removal)
{
	char temp[TEMP_NAME_MAX];
	int dirfd = removal->dir->ref.fd;

	tempname_make(temp);
	int r = upper_marks_set_xwhiteouts(fs, removal->dir->real, dirfd);
	if (r == 0)
		r = upper_whiteout_make(fs, fs->work, temp);
	if (r < 0)
		return r;
	r = removal->directory ? rename_swap(fs->work, temp, dirfd, removal->name, fs->lacks)
			       : sys(renameat(fs->work, temp, dirfd, removal->name));
	if (r < 0)
		unlinkat(fs->work, temp, 0);
	else if (removal->directory)
		work_remove(fs->work, temp);
	return r;
}

/* Removes the upper file or directory. A directory that shows no names may still hold whiteouts: it
 * is moved to the work directory and emptied there. */
static int remove_upper(struct fs *fs, const struct removal *removal)
{
	char temp[TEMP_NAME_MAX];
	int dirfd = removal->dir->ref.fd;
	int r = sys(unlinkat(dirfd, removal->name, removal->directory ? AT_REMOVEDIR : 0));

	if (r != -ENOTEMPTY || !removal->directory)
		return r;
	tempname_make(temp);
	r = sys(renameat(dirfd, removal->name, fs->work, temp));
	if (r == 0)
		work_remove(fs->work, temp);
	return r;
}

/* Makes a .wh. mark, then removes the file. While both exist, the mark hides only lower files:
 * after a crash in between the upper file is still there. */
static int hide_and_remove(struct fs *fs, const struct removal *removal)
{
	int dirfd = removal->dir->ref.fd;
	int made = aufs_hide(dirfd, removal->name);
	int r = made < 0 ? made : remove_upper(fs, removal);

	if (r < 0 && made > 0)
		aufs_unhide(dirfd, removal->name);
	return r;
}

static int take_away(struct fs *fs, const struct removal *removal)
{
	if (!removal->upper)
		return removal->lower ? upper_whiteout_make_in(fs, removal->dir, removal->name) : 0;
	if (!removal->lower)
		return remove_upper(fs, removal);
	return state_whiteout_kind(fs) == WHITEOUT_BESIDE ? hide_and_remove(fs, removal)
							  : replace_by_whiteout(fs, removal);
}

/* Finds out which layers have the name. The caller holds CHILD's lock: otherwise another request
 * could copy CHILD up meanwhile. */
static int look(struct fs *fs, struct removal *removal, uint32_t child)
{
	struct place place;

	locate_place(fs, child, &place);
	if (removal->directory != (place.type == S_IFDIR))
		return removal->directory ? -ENOTDIR : -EISDIR;
	removal->upper = place.flags & NODE_UPPER;
	removal->lower = !removal->upper;
	if (removal->lower || !removal->dir->merged)
		return 0;
	int r = lookup_lower_has(fs, removal->dir->node, removal->name);
	removal->lower = r > 0;
	return r < 0 ? r : 0;
}

static void note_removed(struct fs *fs, const struct removal *removal, uint32_t child)
{
	struct place place;

	locate_place(fs, child, &place);
	index_link_drop(fs, child);
	if (!(place.flags & NODE_UNLINKED))
		unlinked_note(fs, child);
	quota_book(fs->quota, removal->dir->ref.fd);
	listing_remove(fs, removal->dir->node, removal->name);
}

static int remove_locked(struct fs *fs, struct removal *removal, uint32_t child)
{
	auto_loan struct loan loan = LOAN_NONE;
	int r = look(fs, removal, child);

	if (r == 0 && removal->directory)
		r = change_check_empty(fs, child);
	if (r == 0 && removal->directory)
		upper_dir_lend(fs, child, &loan);
	int pinned = r < 0 ? r : unlinked_pin(fs, child);
	if (pinned > 0)
		removal->upper = false;
	r = pinned < 0 ? pinned : take_away(fs, removal);
	if (r == 0) {
		if (pinned > 0 && removal->directory)
			work_empty(fs->work, pin_name_of(child).text);
		note_removed(fs, removal, child);
	} else if (pinned >= 0) {
		unlinked_unpin(fs, child, pinned);
	}
	return r;
}

/* Checks the removal before anything is copied up. */
static int check(struct fs *fs, uint32_t child, bool directory)
{
	if (!directory)
		return 0;
	pthread_rwlock_rdlock(&fs->tree);
	int r = change_check_empty(fs, child);
	pthread_rwlock_unlock(&fs->tree);
	return r;
}

static int remove_child(struct fs *fs, struct removal *removal, uint32_t child)
{
	state_lock_nodes(fs, &child, 1);
	pthread_rwlock_wrlock(&fs->tree);
	int r = remove_locked(fs, removal, child);
	pthread_rwlock_unlock(&fs->tree);
	state_unlock_nodes(fs, &child, 1);
	return r;
}

/* The earlier worker has removed the file on the disk. Notes in the table that the name is gone,
 * which that worker may not have done. */
static int remove_again(struct fs *fs, struct removal *removal, struct upper_dir *dir,
	uint32_t parent, uint32_t child)
{
	int r = upper_dir_open(fs, parent, dir);

	if (r < 0)
		return r;
	state_lock_nodes(fs, &child, 1);
	pthread_rwlock_wrlock(&fs->tree);
	note_removed(fs, removal, child);
	pthread_rwlock_unlock(&fs->tree);
	state_unlock_nodes(fs, &child, 1);
	return 0;
}

int fs_remove(struct fs *fs, uint32_t parent, const char *name, bool directory)
{
	auto_upper_dir struct upper_dir dir = UPPER_DIR_NONE;
	struct removal removal = { .dir = &dir, .name = name, .directory = directory };
	uint32_t child;
	struct kept_change *change = kept_change();
	int r = fs_lookup_node(fs, parent, name, &child);

	if (r == -ENOENT && kept_change_again() && change->from)
		return remove_again(fs, &removal, &dir, parent, change->from);
	if (r < 0)
		return r;
	if (change)
		change->from = child;
	r = chattr_check(fs, parent, PROTECTED_FL);
	if (r == 0)
		r = chattr_check(fs, child, PROTECTED_FL);
	if (r == 0)
		r = check(fs, child, directory);
	if (r == 0)
		r = upper_dir_open(fs, parent, &dir);
	if (r == 0)
		r = change_index_link(fs, child, &dir, name);
	if (r == 0)
		r = remove_child(fs, &removal, child);
	fs_forget(fs, child, 1);
	return r;
}
