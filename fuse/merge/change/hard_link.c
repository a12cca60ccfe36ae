/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/merge/change/change.h"
#include "fuse/merge/attr/chattr.h"
#include "fuse/merge/change/make_redirect.h"

#include "common/base/scope.h"
#include "common/overlay/opath.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>

static int link_in_upper(struct fs *fs, int fd, int dirfd, const char *name)
{
	char temp[TEMP_NAME_MAX];
	int r = opath_link(fd, dirfd, name);

	if (r != -EEXIST || upper_whiteout_is(fs, dirfd, name) != 1)
		return r;
	tempname_make(temp);
	r = opath_link(fd, fs->work, temp);
	if (r < 0)
		return r;
	r = sys(renameat(fs->work, temp, dirfd, name));
	if (r < 0)
		unlinkat(fs->work, temp, 0);
	return r;
}

int fs_link(struct fs *fs, uint32_t node, uint32_t parent, const char *name, struct entry *ret)
{
	auto_upper_dir struct upper_dir dir = UPPER_DIR_NONE;
	auto_ref struct ref ref = REF_NONE;
	auto_hold struct hold hold = HOLD_NONE;
	struct place place;

	if (strlen(name) >= NAME_SIZE)
		return -ENAMETOOLONG;
	/* A lower file that lost its name in this mount cannot get a new one, even if it has other
	 * names. */
	locate_place(fs, node, &place);
	if (place.flags & NODE_UNLINKED && !(place.flags & NODE_UPPER))
		return -ENOENT;
	int r = change_check_name(fs, name);
	if (r == 0)
		r = chattr_check(fs, node, PROTECTED_FL);
	if (r == 0)
		r = chattr_check(fs, parent, FS_IMMUTABLE_FL);
	if (r == 0)
		r = copyup_node(fs, node);
	if (r == 0)
		r = upper_dir_open(fs, parent, &dir);
	if (r == 0)
		r = locate_node_open(fs, node, &ref);
	if (r < 0)
		return r;
	locate_place(fs, node, &place);
	if (place.flags & NODE_ORIGIN && (r = upper_marks_set_impure(fs, dir.real, dir.ref.fd)) < 0)
		return r;
	/* This request is served once more: an earlier worker has made the name already. */
	if (kept_change_again()) {
		r = change_find_made(fs, &dir, name, place.type, ret);
		if (r == 0 && ret->node != node) {
			fs_forget(fs, ret->node, 1);
			return -EEXIST;
		}
		if (r != -ENOENT)
			return r;
		r = 0;
	}
	/* With the new name the file may be in another directory, where its lower data are found
	 * only by a redirect. */

	if (make_redirect_is_needed(fs, node)) {
		pthread_rwlock_rdlock(&fs->tree);
		r = make_redirect(fs, node, false);
		pthread_rwlock_unlock(&fs->tree);
	}
	if (r >= 0)
		r = quota_hold(fs->quota, QUOTA_BLOCK, &hold);
	if (r >= 0)
		r = link_in_upper(fs, ref.fd, dir.ref.fd, name);
	if (r < 0)
		return r;
	quota_book(fs->quota, dir.ref.fd);
	quota_book(fs->quota, ref.fd);
	listing_outdate(fs, parent);
	return fs_lookup(fs, parent, name, ret);
}
