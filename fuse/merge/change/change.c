/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/merge/change/change.h"

#include "common/base/scope.h"
#include "common/overlay/whiteout.h"

#include <fcntl.h>
#include <string.h>

int upper_dir_open(struct fs *fs, uint32_t node, struct upper_dir *ret)
{
	struct upper_dir dir = { .node = node, .ref = REF_NONE };
	int r = fs_copy_up(fs, node);

	if (r < 0)
		return r;
	dir.real = fs_upper_real(fs, node);
	dir.merged = fs_is_merged(fs, node);
	pthread_rwlock_rdlock(&fs->tree);
	r = fs_real_fd(fs, dir.real, &dir.ref);
	pthread_rwlock_unlock(&fs->tree);
	if (r < 0)
		return r;
	*ret = dir;
	return 0;
}

void upper_dir_close(struct upper_dir *dir)
{
	ref_release(&dir->ref);
}

int fs_has_whiteout(const struct fs *fs, int dirfd, const char *name)
{
	struct stat st;

	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (S_ISREG(st.st_mode) && !st.st_size)
		return name_is_xattr_whiteout(dirfd, name, fs->options.class);
	return stat_is_whiteout(&st);
}

static int link_whiteout(struct fs *fs, int dirfd, const char *name)
{
	if (!fs->has_whiteout) {
		int r = whiteout_make(fs->work, SHARED_WHITEOUT);
		if (r < 0)
			return r;
		fs->has_whiteout = true;
	}
	return sys(linkat(fs->work, SHARED_WHITEOUT, dirfd, name, 0));
}

int fs_whiteout(struct fs *fs, int dirfd, const char *name)
{
	pthread_mutex_lock(&fs->whiteout_lock);
	int r = link_whiteout(fs, dirfd, name);
	if (r == -EMLINK) {
		unlinkat(fs->work, SHARED_WHITEOUT, 0);
		fs->has_whiteout = false;
		r = link_whiteout(fs, dirfd, name);
	}
	pthread_mutex_unlock(&fs->whiteout_lock);
	/* Some filesystems have no links, or none of devices. */
	return r == -EPERM || r == -EOPNOTSUPP ? whiteout_make(dirfd, name) : r;
}

/* One level at a time, by descriptors: a tree left by a crash may be deep. Moves each sub-directory
 * up into WORK itself, so that no path and no stack grows. */
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
		if (renameat(raw, entry->d_name, work, temp) == 0)
			work_remove(work, temp);
	}
}

void work_remove(int work, const char *name)
{
	if (unlinkat(work, name, 0) == 0 || unlinkat(work, name, AT_REMOVEDIR) == 0)
		return;
	auto_close int fd = sys(openat(work, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
	if (fd < 0)
		return;
	empty_directory(work, fd);
	unlinkat(work, name, AT_REMOVEDIR);
}

static int stop_at_entry(const struct listed *listed, void *arg)
{
	bool *found = arg;

	if (!strcmp(listed->name, ".") || !strcmp(listed->name, ".."))
		return 0;
	*found = true;
	return 1;
}

int fs_check_empty(struct fs *fs, uint32_t node)
{
	bool found = false;
	int r = fs_list_locked(fs, node, 0, stop_at_entry, &found);

	if (r < 0)
		return r;
	return found ? -ENOTEMPTY : 0;
}
