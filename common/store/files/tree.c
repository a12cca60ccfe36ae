/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/store/files/tree.h"

#include "common/base/scope.h"
#include "common/base/readdir.h"
#include "common/base/treewalk.h"
#include "common/store/id.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

/* The most levels that are emptied in place: each holds one descriptor open, and a process may have
 * few. Deeper directories are renamed into ASIDE first. */
#define DEPTH_MAX 24

static int open_without_openat2(int dirfd, const char *name)
{
	struct stat outside, inside;
	auto_close int fd = sys(
		openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));

	if (fd < 0)
		return fd;
	if (fstatat(dirfd, "", &outside, AT_EMPTY_PATH) < 0 || fstat(fd, &inside) < 0)
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

/* Opens a directory to empty it. Gives its owner the permissions to list and write first, if
 * they are missing. */
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

/* A running removal. Directories that lie too deep are renamed into ASIDE under numbered names, and
 * removed later. */
struct removal {
	int aside;
	char prefix[SHORT_LEN + 1];
	unsigned long moved, removed;
};

struct aside_name {
	char text[SHORT_LEN + 24];
};

static struct aside_name name_aside(const struct removal *removal, unsigned long number)
{
	struct aside_name name;

	snprintf(name.text, sizeof(name.text), "%s.%lu", removal->prefix, number);
	return name;
}

static int move_aside(struct removal *removal, int dirfd, const char *name)
{
	int r = removal->prefix[0] ? 0 : short_make(removal->prefix);

	if (r == 0)
		r = sys(renameat(
			dirfd, name, removal->aside, name_aside(removal, removal->moved).text));
	removal->moved += r == 0;
	return r == -ENOENT ? 0 : r;
}

static bool is_dots(const char *name)
{
	return !strcmp(name, ".") || !strcmp(name, "..");
}

static int remove_at(struct removal *removal, int dirfd, const char *name, int depth);

/* Removes everything that can be removed, and returns the first error. */
static int empty(struct removal *removal, DIR *dir, int depth)
{
	struct dirent *entry;
	int more, first = 0;

	while ((more = dir_next(dir, &entry)) > 0) {
		int r = is_dots(entry->d_name)
				? 0
				: remove_at(removal, dirfd(dir), entry->d_name, depth + 1);
		if (r < 0 && first == 0)
			first = r;
	}
	return first < 0 ? first : more;
}

static int remove_at(struct removal *removal, int dirfd, const char *name, int depth)
{
	int r = sys(unlinkat(dirfd, name, 0));

	if (r == 0 || r == -ENOENT)
		return 0;
	if (r != -EISDIR && r != -EPERM)
		return r;
	if (depth >= DEPTH_MAX)
		return move_aside(removal, dirfd, name);
	int fd = open_to_empty(dirfd, name);
	if (fd < 0)
		return fd == -ENOENT ? 0 : fd == -ENOTDIR ? r : fd;
	auto_closedir DIR *dir = fdopendir(fd);
	if (!dir) {
		close(fd);
		return -ENOMEM;
	}
	r = empty(removal, dir, depth);
	if (r == 0)
		r = sys(unlinkat(dirfd, name, AT_REMOVEDIR));
	return r == -ENOENT ? 0 : r;
}

int tree_remove(int dirfd, const char *name, int aside)
{
	struct removal removal = { .aside = aside };
	int first = remove_at(&removal, dirfd, name, 0);

	for (; removal.removed < removal.moved; removal.removed++) {
		int r = remove_at(&removal, aside, name_aside(&removal, removal.removed).text, 0);
		if (first == 0)
			first = r;
	}
	return first;
}

/* ---- size ---- */

/* The inodes that were counted already. Only inodes with several names are noted. */
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

	if (seen->n * 4 >= seen->room * 3) {
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

struct sum {
	struct seen seen;
	struct tree_size total;
};

/* Adds one name. Returns 1 for a directory, whose contents must be added, too. */
static int add_one(struct sum *sum, int dirfd, const char *name)
{
	struct statx st;

	/* Use the values that the kernel has: the name may be a mount whose daemon hangs. */
	if (statx(dirfd, name, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_STATX_DONT_SYNC,
		    STATX_BASIC_STATS, &st) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISDIR(st.stx_mode) && st.stx_nlink > 1) {
		int r = seen_before(&sum->seen, st.stx_ino);

		if (r != 0)
			return r < 0 ? r : 0;
	}
	sum->total.bytes += (uint64_t)st.stx_blocks * 512;
	sum->total.inodes++;
	return S_ISDIR(st.stx_mode);
}

static int add_name(void *arg, const struct treewalk_name *at)
{
	int r = add_one(arg, at->dirfd, at->name);

	return r < 0 ? r : 0;
}

static int add_tree(struct sum *sum, int dirfd, const char *name)
{
	const struct treewalk walk = { .fn = add_name, .arg = sum, .open_child = open_same_mount };
	auto_close int fd = open_same_mount(dirfd, name);

	if (fd < 0)
		return fd == -ENOENT || fd == -EXDEV ? 0 : fd;
	return treewalk_run(&walk, fd);
}

int tree_size(int dirfd, const char *name, struct tree_size *ret)
{
	struct sum sum = { .seen = { 0 } };
	int r = add_one(&sum, dirfd, name);

	if (r > 0)
		r = add_tree(&sum, dirfd, name);
	cleanup_seen(&sum.seen);
	if (r == 0)
		*ret = sum.total;
	return r;
}
