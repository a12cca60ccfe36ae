/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/archive/apply/dir_cache.h"

#include "common/base/beneath.h"
#include "common/base/scope.h"

#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

/* Do not cache a shorter path: the kernel walks it in less time than we compare it with the last
 * path. */
#define SHORT 1024

struct dir_cache_level {
	size_t length; /* length of the path up to this directory */
	dev_t dev;
	ino_t ino;
	bool linked; /* the path to this directory has led through a symbolic link */
};

void dir_cache_forget(struct dir_cache *cache)
{
	if (cache->fd >= 0)
		close(steal_fd(&cache->fd));
	cache->n = 0;
}

void dir_cache_close(struct dir_cache *cache)
{
	dir_cache_forget(cache);
	free(cache->path);
	free(cache->levels);
	*cache = DIR_CACHE(-1);
}

static int make_room(struct dir_cache *cache, size_t length)
{
	if (length + 1 > cache->room) {
		char *path = realloc(cache->path, 2 * length + 2);
		if (!path)
			return -ENOMEM;
		cache->path = path;
		cache->room = 2 * length + 2;
	}
	if (cache->n == cache->levels_room) {
		size_t room = 2 * cache->levels_room + 64;
		void *levels = reallocarray(cache->levels, room, sizeof(*cache->levels));
		if (!levels)
			return -ENOMEM;
		cache->levels = levels;
		cache->levels_room = room;
	}
	return 0;
}

/* Adds the directory FD, taken over, as the last level; its path is the first LENGTH bytes of
 * PATH. */
static int add_level(struct dir_cache *cache, int fd, const char *path, size_t length)
{
	size_t before = cache->n ? cache->levels[cache->n - 1].length : 0;
	bool linked = cache->n && (cache->linked || cache->levels[cache->n - 1].linked);
	struct stat st;

	if (cache->fd >= 0)
		close(cache->fd);
	cache->fd = fd;
	int r = make_room(cache, length);
	if (r == 0)
		r = sys(fstat(fd, &st));
	if (r < 0) {
		dir_cache_forget(cache);
		return r;
	}
	memcpy(cache->path + before, path + before, length - before);
	cache->levels[cache->n++] = (struct dir_cache_level){ length, st.st_dev, st.st_ino,
		linked };
	return 0;
}

/* Returns how many directories of PATH are in the cache; the root is the first one. */
static size_t count_shared(const struct dir_cache *cache, const char *path)
{
	size_t length = cache->n ? cache->levels[cache->n - 1].length : 0, same = 0, n = 0;

	while (same < length && path[same] == cache->path[same])
		same++;
	for (; n < cache->n && cache->levels[n].length <= same; n++)
		if (path[cache->levels[n].length] && path[cache->levels[n].length] != '/' && n > 0)
			break;
	return n;
}

/* Goes up one level by "..". Returns false if ".." is not the level before: behind a symbolic
 * link it is another directory. */
static bool go_up(struct dir_cache *cache)
{
	auto_close int fd = sys(openat(cache->fd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC));
	const struct dir_cache_level *up = &cache->levels[cache->n - 2];
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0 || st.st_dev != up->dev || st.st_ino != up->ino)
		return false;
	close(cache->fd);
	cache->fd = steal_fd(&fd);
	cache->n--;
	return true;
}

static int go_back(struct dir_cache *cache, size_t n)
{
	while (cache->n > n && n > 0)
		if (!go_up(cache))
			break;
	if (cache->n == n && n > 0)
		return 0;
	dir_cache_forget(cache);
	int fd = sys(openat(cache->root, ".", O_PATH | O_DIRECTORY | O_CLOEXEC));
	return fd < 0 ? fd : add_level(cache, fd, "", 0);
}

static bool is_no_directory(int dir, const char *name)
{
	struct stat st;

	return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && !S_ISDIR(st.st_mode);
}

static int go_down(struct dir_cache *cache, const char *path, inroot_make_fn *make, void *arg)
{
	size_t at = cache->levels[cache->n - 1].length;
	char name[NAME_MAX + 1];
	int r = 0;

	for (at += path[at] == '/'; r == 0 && path[at];) {
		size_t length = strcspn(path + at, "/");
		if (length > NAME_MAX)
			return -ENAMETOOLONG;
		memcpy(name, path + at, length);
		name[length] = 0;
		at += length;
		const struct inroot_step step = { cache->root, cache->fd, name, make, arg };
		cache->linked = is_no_directory(cache->fd, name);
		int fd = inroot_step(&step);
		r = fd < 0 ? fd : add_level(cache, fd, path, at);
		at += path[at] == '/';
	}
	return r;
}

static int open_short(struct dir_cache *cache, const char *path)
{
	int fd = beneath_open_dir(cache->root, path);

	cache->linked = fd == -ELOOP || fd == -ENOTDIR;
	return cache->linked ? inroot_open_dir(cache->root, path, NULL, NULL) : fd;
}

int dir_cache_open(struct dir_cache *cache, const char *path, inroot_make_fn *make, void *arg)
{
	if (strlen(path) < SHORT)
		return make ? inroot_open_dir(cache->root, path, make, arg)
			    : open_short(cache, path);
	cache->linked = false;
	int r = go_back(cache, count_shared(cache, path));
	if (r == 0)
		r = go_down(cache, path, make, arg);
	cache->linked |= cache->n && cache->levels[cache->n - 1].linked;
	return r < 0 ? r : sys(fcntl(cache->fd, F_DUPFD_CLOEXEC, 0));
}
