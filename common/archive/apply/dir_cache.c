/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/archive/apply/dir_cache.h"

#include "common/base/beneath.h"
#include "common/base/scope.h"

#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

/* Bytes of a path that the kernel walks faster than we find out what it shares with another one. */
#define SHORT 1024

struct way_level {
	size_t length; /* of its path */
	dev_t dev;
	ino_t ino;
	bool linked; /* by a link, from the root on */
};

void way_forget(struct way *way)
{
	if (way->fd >= 0)
		close(steal_fd(&way->fd));
	way->n = 0;
}

void way_close(struct way *way)
{
	way_forget(way);
	free(way->path);
	free(way->levels);
	*way = WAY(-1);
}

static int make_room(struct way *way, size_t length)
{
	if (length + 1 > way->room) {
		char *path = realloc(way->path, 2 * length + 2);
		if (!path)
			return -ENOMEM;
		way->path = path;
		way->room = 2 * length + 2;
	}
	if (way->n == way->levels_room) {
		size_t room = 2 * way->levels_room + 64;
		void *levels = reallocarray(way->levels, room, sizeof(*way->levels));
		if (!levels)
			return -ENOMEM;
		way->levels = levels;
		way->levels_room = room;
	}
	return 0;
}

/* The last level: FD, taken over, and the first LENGTH bytes of PATH. */
static int add_level(struct way *way, int fd, const char *path, size_t length)
{
	size_t before = way->n ? way->levels[way->n - 1].length : 0;
	bool linked = way->n && (way->linked || way->levels[way->n - 1].linked);
	struct stat st;

	if (way->fd >= 0)
		close(way->fd);
	way->fd = fd;
	int r = make_room(way, length);
	if (r == 0)
		r = sys(fstat(fd, &st));
	if (r < 0) {
		way_forget(way);
		return r;
	}
	memcpy(way->path + before, path + before, length - before);
	way->levels[way->n++] = (struct way_level){ length, st.st_dev, st.st_ino, linked };
	return 0;
}

/* How many levels, the root being one, PATH shares with the way. */
static size_t count_shared(const struct way *way, const char *path)
{
	size_t length = way->n ? way->levels[way->n - 1].length : 0, same = 0, n = 0;

	while (same < length && path[same] == way->path[same])
		same++;
	for (; n < way->n && way->levels[n].length <= same; n++)
		if (path[way->levels[n].length] && path[way->levels[n].length] != '/' && n > 0)
			break;
	return n;
}

/* A level that a link led to has another parent than the way says. */
static bool go_up(struct way *way)
{
	auto_close int fd = sys(openat(way->fd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC));
	const struct way_level *up = &way->levels[way->n - 2];
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0 || st.st_dev != up->dev || st.st_ino != up->ino)
		return false;
	close(way->fd);
	way->fd = steal_fd(&fd);
	way->n--;
	return true;
}

static int go_back(struct way *way, size_t n)
{
	while (way->n > n && n > 0)
		if (!go_up(way))
			break;
	if (way->n == n && n > 0)
		return 0;
	way_forget(way);
	int fd = sys(openat(way->root, ".", O_PATH | O_DIRECTORY | O_CLOEXEC));
	return fd < 0 ? fd : add_level(way, fd, "", 0);
}

static bool is_no_directory(int dir, const char *name)
{
	struct stat st;

	return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && !S_ISDIR(st.st_mode);
}

static int go_down(struct way *way, const char *path, inroot_make_fn *make, void *arg)
{
	size_t at = way->levels[way->n - 1].length;
	char name[NAME_MAX + 1];
	int r = 0;

	for (at += path[at] == '/'; r == 0 && path[at];) {
		size_t length = strcspn(path + at, "/");
		if (length > NAME_MAX)
			return -ENAMETOOLONG;
		memcpy(name, path + at, length);
		name[length] = 0;
		at += length;
		const struct inroot_step step = { way->root, way->fd, name, make, arg };
		way->linked = is_no_directory(way->fd, name);
		int fd = inroot_step(&step);
		r = fd < 0 ? fd : add_level(way, fd, path, at);
		at += path[at] == '/';
	}
	return r;
}

static int open_short(struct way *way, const char *path)
{
	int fd = beneath_open_dir(way->root, path);

	way->linked = fd == -ELOOP || fd == -ENOTDIR;
	return way->linked ? inroot_open_dir(way->root, path, NULL, NULL) : fd;
}

int way_open_dir(struct way *way, const char *path, inroot_make_fn *make, void *arg)
{
	if (strlen(path) < SHORT)
		return make ? inroot_open_dir(way->root, path, make, arg) : open_short(way, path);
	way->linked = false;
	int r = go_back(way, count_shared(way, path));
	if (r == 0)
		r = go_down(way, path, make, arg);
	way->linked |= way->n && way->levels[way->n - 1].linked;
	return r < 0 ? r : sys(fcntl(way->fd, F_DUPFD_CLOEXEC, 0));
}
