/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/store/tree.h"

#include "common/cleanup.h"
#include "common/readdir.h"
#include "common/store/id.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

/* Each level holds one descriptor open. */
#define DEPTH_MAX 64

static int open_without_openat2(int dirfd, const char *name)
{
	struct stat outside, inside;
	auto_close int fd = sys(
		openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));

	if (fd < 0)
		return fd;
	if (fstat(dirfd, &outside) < 0 || fstat(fd, &inside) < 0)
		return -errno;
	return outside.st_dev == inside.st_dev ? steal_fd(&fd) : -EXDEV;
}

static int open_same_mount(int dirfd, const char *name)
{
	struct open_how how = { .flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC,
		.resolve = RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS | RESOLVE_BENEATH };
	int fd = sys((int)syscall(SYS_openat2, dirfd, name, &how, sizeof(how)));

	return fd == -ENOSYS || fd == -EPERM ? open_without_openat2(dirfd, name) : fd;
}

/* A layer may hold directories that their owner may not list or write to. */
static int open_to_empty(int dirfd, const char *name)
{
	struct stat st;
	int fd = open_same_mount(dirfd, name);

	if (fd == -EACCES && fchmodat(dirfd, name, 0700, 0) == 0)
		fd = open_same_mount(dirfd, name);
	if (fd >= 0 && geteuid() != 0 && fstat(fd, &st) == 0 && (st.st_mode & 0700) != 0700)
		fchmod(fd, 0700);
	return fd == -EXDEV ? -EBUSY : fd;
}

static int rename_aside(int dirfd, const char *name, int aside)
{
	char random[SHALE_SHORT_LEN + 1];
	int r = shale_short_make(random);

	return r < 0 ? r : sys(renameat(dirfd, name, aside, random));
}

static bool is_dots(const char *name)
{
	return !strcmp(name, ".") || !strcmp(name, "..");
}

static int remove_at(int dirfd, const char *name, int aside, int depth)
{
	int r = sys(unlinkat(dirfd, name, 0));

	if (r == 0 || r == -ENOENT)
		return 0;
	if (r != -EISDIR && r != -EPERM)
		return r;
	if (depth >= DEPTH_MAX)
		return rename_aside(dirfd, name, aside);
	int fd = open_to_empty(dirfd, name);
	if (fd < 0)
		return fd == -ENOENT ? 0 : fd == -ENOTDIR ? r : fd;
	auto_closedir DIR *dir = fdopendir(fd);
	if (!dir) {
		close(fd);
		return -ENOMEM;
	}
	struct dirent *entry;
	int more, first = 0;
	while ((more = shale_readdir(dir, &entry)) > 0) {
		r = is_dots(entry->d_name) ? 0 : remove_at(fd, entry->d_name, aside, depth + 1);
		if (r < 0 && first == 0)
			first = r;
	}
	if (first < 0 || more < 0)
		return first < 0 ? first : more;
	r = sys(unlinkat(dirfd, name, AT_REMOVEDIR));
	return r == -ENOENT ? 0 : r;
}

int shale_tree_remove(int dirfd, const char *name, int aside)
{
	return remove_at(dirfd, name, aside, 0);
}

/* ---- size ---- */

/* Only inodes with several names need remembering. */
struct seen {
	ino_t *inodes;
	size_t n, room;
};

static void cleanup_seen(struct seen *seen)
{
	free(seen->inodes);
}

static int seen_before(struct seen *seen, ino_t inode)
{
	size_t slot = 0;

	if (seen->n * 2 >= seen->room) {
		struct seen bigger = { .room = seen->room ? seen->room * 2 : 256 };

		bigger.inodes = calloc(bigger.room, sizeof(*bigger.inodes));
		if (!bigger.inodes)
			return -ENOMEM;
		for (size_t i = 0; i < seen->room; i++)
			if (seen->inodes[i])
				seen_before(&bigger, seen->inodes[i]);
		free(seen->inodes);
		*seen = bigger;
	}
	for (slot = inode * 0x9E3779B97F4A7C15u % seen->room; seen->inodes[slot];
		slot = (slot + 1) % seen->room)
		if (seen->inodes[slot] == inode)
			return 1;
	seen->inodes[slot] = inode;
	seen->n++;
	return 0;
}

static int add_size(
	int dirfd, const char *name, struct seen *seen, struct shale_tree_size *total, int depth)
{
	struct stat st;

	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISDIR(st.st_mode) && st.st_nlink > 1) {
		int r = seen_before(seen, st.st_ino);

		if (r != 0)
			return r < 0 ? r : 0;
	}
	total->bytes += (uint64_t)st.st_blocks * 512;
	total->inodes++;
	if (!S_ISDIR(st.st_mode))
		return 0;
	if (depth >= 4096)
		return -ELOOP;
	int fd = open_same_mount(dirfd, name);
	if (fd < 0)
		return fd == -ENOENT || fd == -EXDEV ? 0 : fd;
	auto_closedir DIR *dir = fdopendir(fd);
	if (!dir) {
		close(fd);
		return -ENOMEM;
	}
	struct dirent *entry;
	int more;
	while ((more = shale_readdir(dir, &entry)) > 0) {
		int r = is_dots(entry->d_name)
				? 0
				: add_size(fd, entry->d_name, seen, total, depth + 1);

		if (r < 0)
			return r;
	}
	return more;
}

int shale_tree_size(int dirfd, const char *name, struct shale_tree_size *ret)
{
	struct shale_tree_size total = { 0 };
	struct seen seen __attribute__((cleanup(cleanup_seen))) = { 0 };
	int r = add_size(dirfd, name, &seen, &total, 0);

	if (r == 0)
		*ret = total;
	return r;
}
