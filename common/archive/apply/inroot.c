/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/archive/apply/inroot.h"

#include "common/base/beneath.h"
#include "common/base/scope.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>

#define LINKS_MAX 40
#define REST_MAX  ((size_t)1024 * 1024)

static int open_self(int dirfd)
{
	return sys(openat(dirfd, ".", O_PATH | O_DIRECTORY | O_CLOEXEC));
}

struct walk {
	int root;
	struct stat root_stat;
	int dir;     /* the directory that the walk has reached, a descriptor that the walk owns */
	char *whole; /* memory that REST points into */
	char *rest;  /* the part of the path still to be walked */
	unsigned int links;
	inroot_make_fn *make;
	void *arg;
};

static int move_to(struct walk *walk, int fd)
{
	if (fd < 0)
		return fd;
	close(walk->dir);
	walk->dir = fd;
	return 0;
}

static int walk_up(struct walk *walk)
{
	struct stat st;

	if (fstat(walk->dir, &st) < 0)
		return -errno;
	if (st.st_dev == walk->root_stat.st_dev && st.st_ino == walk->root_stat.st_ino)
		return 0;
	return move_to(walk, sys(openat(walk->dir, "..", O_PATH | O_DIRECTORY | O_CLOEXEC)));
}

/* Puts the target of the link FD in front of the rest of the path. */
static int walk_link(struct walk *walk, int fd)
{
	char target[PATH_MAX];

	if (++walk->links > LINKS_MAX)
		return -ELOOP;
	ssize_t n = readlinkat(fd, "", target, sizeof(target));
	if (n < 0)
		return -errno;
	if (n == 0)
		return -ENOENT;
	size_t left = strlen(walk->rest);
	if ((size_t)n == sizeof(target) || (size_t)n + left > REST_MAX)
		return -ENAMETOOLONG;
	char *joined = malloc((size_t)n + left + 2);
	if (!joined)
		return -ENOMEM;
	memcpy(joined, target, (size_t)n);
	joined[n] = '/';
	memcpy(joined + n + 1, walk->rest, left + 1);
	free(walk->whole);
	walk->whole = walk->rest = joined;
	return target[0] == '/' ? move_to(walk, open_self(walk->root)) : 0;
}

static int make_and_enter(struct walk *walk, const char *name, int why)
{
	if (!walk->make)
		return why;
	int r = walk->make(walk->dir, name, walk->arg);
	if (r < 0)
		return r;
	return move_to(
		walk, sys(openat(walk->dir, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)));
}

static int walk_name(struct walk *walk, const char *name)
{
	struct stat st;

	if (!strcmp(name, "."))
		return 0;
	if (!strcmp(name, ".."))
		return walk_up(walk);
	auto_close int fd = sys(openat(walk->dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC));
	if (fd == -ENOENT)
		return make_and_enter(walk, name, -ENOENT);
	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (S_ISLNK(st.st_mode))
		return walk_link(walk, fd);
	if (!S_ISDIR(st.st_mode))
		return make_and_enter(walk, name, -ENOTDIR);
	return move_to(walk, steal_fd(&fd));
}

/* Walks PATH from the directory START, one name after the other: for kernels without openat2. */
static int walk_by_hand(struct walk *walk, int start, const char *path)
{
	char *name;
	int r = fstat(walk->root, &walk->root_stat) < 0 ? -errno : 0;

	walk->whole = walk->rest = strdup(path);
	if (!walk->whole)
		return -ENOMEM;
	walk->dir = open_self(start);
	if (walk->dir < 0)
		return walk->dir;
	while (r >= 0 && (name = component_next(&walk->rest)))
		r = walk_name(walk, name);
	return r < 0 ? r : steal_fd(&walk->dir);
}

static int walk_and_close(struct walk *walk, int start, const char *path)
{
	int fd = walk_by_hand(walk, start, path);

	free(walk->whole);
	if (walk->dir >= 0)
		close(walk->dir);
	return fd;
}

int inroot_open_dir(int root, const char *path, inroot_make_fn *make, void *arg)
{
	struct walk walk = { .root = root, .dir = -1, .make = make, .arg = arg };

	int fd = beneath_openat2(
		root, path, O_PATH | O_DIRECTORY, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
	if (fd >= 0 || (fd != -ENOSYS && !make))
		return fd;
	if (fd != -ENOSYS && fd != -ENOENT && fd != -ENOTDIR)
		return fd;
	return walk_and_close(&walk, root, path);
}

int inroot_step(const struct inroot_step *step)
{
	struct walk walk = { .root = step->root, .dir = -1, .make = step->make, .arg = step->arg };
	int fd = sys(openat(step->dir, step->name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));

	if (fd >= 0 || (fd != -ENOENT && fd != -ENOTDIR && fd != -ELOOP))
		return fd;
	return walk_and_close(&walk, step->dir, step->name);
}
