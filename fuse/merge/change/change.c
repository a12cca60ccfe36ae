/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/merge/change/change.h"
#include "fuse/merge/copyup/index_link.h"
#include "fuse/merge/lookup/index.h"

#include "common/base/scope.h"
#include "common/overlay/aufs.h"
#include "common/overlay/layer_name.h"
#include "common/overlay/opath.h"
#include "common/overlay/whiteout.h"

#include <fcntl.h>
#include <string.h>

int change_has_whiteout(const struct fs *fs, int dirfd, const char *name)
{
	const struct layer_rules rules = { .class = fs->options.class, .xattr_whiteouts = true };
	int kind = layer_judge_at(&rules, dirfd, name);

	return kind < 0 ? kind : kind == LAYER_WHITEOUT;
}

int change_set_opaque(const struct fs *fs, int fd)
{
	return fs->lacks & LACKS_XATTRS ? aufs_make_opaque(fd) : opaque_set(fd, fs->options.class);
}

int change_check_name(const struct fs *fs, const char *name)
{
	return fs->upper_aufs && aufs_is_mark(name) ? -EPERM : 0;
}

static int make_whiteout(struct fs *fs, int dirfd, const char *name)
{
	return state_whiteout_kind(fs) == WHITEOUT_DEVICE
		       ? whiteout_make(dirfd, name)
		       : whiteout_make_marked(dirfd, name, fs->options.class);
}

static int link_whiteout(struct fs *fs, int dirfd, const char *name)
{
	if (!fs->has_whiteout) {
		int r = make_whiteout(fs, fs->work, SHARED_WHITEOUT);
		if (r < 0)
			return r;
		fs->has_whiteout = true;
	}
	return sys(linkat(fs->work, SHARED_WHITEOUT, dirfd, name, 0));
}

int change_whiteout(struct fs *fs, int dirfd, const char *name)
{
	if (state_whiteout_kind(fs) == WHITEOUT_BESIDE) {
		int made = aufs_hide(dirfd, name);
		return made < 0 ? made : 0;
	}
	pthread_mutex_lock(&fs->whiteout_lock);
	int r = link_whiteout(fs, dirfd, name);
	if (r == -EMLINK) {
		unlinkat(fs->work, SHARED_WHITEOUT, 0);
		fs->has_whiteout = false;
		r = link_whiteout(fs, dirfd, name);
	}
	pthread_mutex_unlock(&fs->whiteout_lock);
	/* Some filesystems cannot link files, or cannot link devices. Then make a new whiteout. */
	return r == -EPERM || r == -EOPNOTSUPP ? make_whiteout(fs, dirfd, name) : r;
}

int change_whiteout_in(struct fs *fs, const struct upper_dir *dir, const char *name)
{
	int r = upper_marks_set_xwhiteouts(fs, dir->real, dir->ref.fd);

	return r < 0 ? r : change_whiteout(fs, dir->ref.fd, name);
}

/* Removes everything in DIRFD. A tree that a crash left may be deep, so work on one level at a
 * time: move each sub-directory up into WORK itself, so that neither path nor stack grows. */
static void empty_directory(int work, int dirfd)
{
	auto_close int fd = sys(openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	auto_closedir DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (!dir)
		return;
	int raw = steal_fd(&fd);
	while ((entry = readdir(dir))) {
		char temp[TEMP_NAME_MAX];
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		if (unlinkat(raw, entry->d_name, 0) == 0)
			continue;
		if (unlinkat(raw, entry->d_name, AT_REMOVEDIR) == 0)
			continue;
		tempname_make(temp);
		/* A process without privileges can move a directory only if it may write to it. */
		if (faccessat(raw, entry->d_name, W_OK, AT_EACCESS) < 0)
			(void)fchmodat(raw, entry->d_name, S_IRWXU, 0);
		if (renameat(raw, entry->d_name, work, temp) == 0)
			work_remove(work, temp);
	}
}

void work_remove(int work, const char *name)
{
	if (unlinkat(work, name, 0) == 0 || unlinkat(work, name, AT_REMOVEDIR) == 0)
		return;
	work_empty(work, name);
	unlinkat(work, name, AT_REMOVEDIR);
}

void work_empty(int work, const char *name)
{
	auto_close int fd = sys(openat(work, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));

	if (fd < 0)
		return;
	if (faccessat(fd, ".", R_OK | W_OK | X_OK, AT_EACCESS) < 0)
		(void)opath_chmod(fd, S_IRWXU);
	empty_directory(work, fd);
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

/* Puts a lower hard link into the index, even if it is to be removed: the kernel does so too,
 * because the index keeps the link count that the mount shows. */
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
