/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/uppertree.h"

#include "common/cleanup.h"
#include "fuse/locate.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

/* A directory on the way down: what is still to be entered, and how to know it again. */
struct level {
	char **names;
	size_t n;
	dev_t dev;
	ino_t ino;
};

struct walk {
	shale_uppertree_fn *fn;
	void *arg;
	struct level *levels;
	size_t depth;
	int fd; /* of the deepest level, O_PATH */
};

static void free_walk(struct walk *walk)
{
	for (size_t i = 0; i < walk->depth; i++) {
		while (walk->levels[i].n)
			free(walk->levels[i].names[--walk->levels[i].n]);
		free(walk->levels[i].names);
	}
	free(walk->levels);
	if (walk->fd >= 0)
		close(walk->fd);
}
#define auto_walk __attribute__((cleanup(free_walk)))

static int add_name(struct level *level, const char *name)
{
	char *copy = strdup(name);
	void *grown = copy ? realloc(level->names, (level->n + 1) * sizeof(*level->names)) : NULL;

	if (!grown) {
		free(copy);
		return -ENOMEM;
	}
	level->names = grown;
	level->names[level->n++] = copy;
	return 0;
}

static bool is_directory(int dirfd, const struct dirent *entry)
{
	struct stat st;

	if (entry->d_type != DT_UNKNOWN)
		return entry->d_type == DT_DIR;
	return fstatat(dirfd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode);
}

static int read_level(struct walk *walk, int fd, struct level *level)
{
	int list = shale_open_own(fd, O_RDONLY | O_DIRECTORY);
	auto_closedir DIR *dir = list < 0 ? NULL : fdopendir(list);
	struct dirent *entry;
	int r = 0;

	if (!dir) {
		if (list >= 0)
			close(list);
		return list < 0 ? list : -ENOMEM;
	}
	while (r == 0 && (entry = readdir(dir))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		walk->fn(walk->arg, fd, entry->d_name);
		if (is_directory(fd, entry))
			r = add_name(level, entry->d_name);
	}
	return r;
}

/* Takes FD over. */
static int enter(struct walk *walk, int fd)
{
	void *grown = realloc(walk->levels, (walk->depth + 1) * sizeof(*walk->levels));
	struct stat st;
	int r = grown ? sys(fstat(fd, &st)) : -ENOMEM;

	if (grown)
		walk->levels = grown;
	if (r < 0) {
		close(fd);
		return r;
	}
	if (walk->fd >= 0)
		close(walk->fd);
	walk->fd = fd;
	struct level *level = &walk->levels[walk->depth++];
	*level = (struct level){ .dev = st.st_dev, .ino = st.st_ino };
	return read_level(walk, fd, level);
}

static int enter_next(struct walk *walk)
{
	struct level *level = &walk->levels[walk->depth - 1];
	auto_free char *name = level->names[--level->n];
	int fd = sys(openat(walk->fd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));

	/* Removed, or something else by now. */
	if (fd < 0)
		return fd == -ENOENT || fd == -ENOTDIR || fd == -ELOOP ? 0 : fd;
	return enter(walk, fd);
}

static int leave(struct walk *walk)
{
	struct stat st;

	free(walk->levels[--walk->depth].names);
	if (!walk->depth)
		return 0;
	auto_close int up = sys(openat(walk->fd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC));
	if (up < 0 || fstat(up, &st) < 0)
		return up < 0 ? up : -errno;
	const struct level *level = &walk->levels[walk->depth - 1];
	if (st.st_dev != level->dev || st.st_ino != level->ino)
		return -ESTALE;
	close(walk->fd);
	walk->fd = steal_fd(&up);
	return 0;
}

int shale_uppertree_each(int upper, shale_uppertree_fn *fn, void *arg)
{
	auto_walk struct walk walk = { .fn = fn, .arg = arg, .fd = -1 };
	int root = shale_reopen(upper, O_PATH | O_DIRECTORY);
	int r = root < 0 ? root : enter(&walk, root);

	while (r == 0 && walk.depth)
		r = walk.levels[walk.depth - 1].n ? enter_next(&walk) : leave(&walk);
	return r;
}
