/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/treewalk.h"

#include "common/cleanup.h"

#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

struct child {
	char *name;
	unsigned char type;
	ino_t ino;
};

/* A directory on the way down: where the walk is in it, and how to know it again. */
struct level {
	struct child *children;
	size_t n, next;
	size_t path; /* the length of its path, with the slash behind it */
	dev_t dev;
	ino_t ino;
};

struct state {
	const struct shale_treewalk *walk;
	struct level *levels;
	size_t depth;
	char *path;
	size_t room;
	int fd; /* of the deepest level */
};

static void free_level(struct level *level)
{
	while (level->n)
		free(level->children[--level->n].name);
	free(level->children);
}

static void free_state(struct state *state)
{
	while (state->depth)
		free_level(&state->levels[--state->depth]);
	free(state->levels);
	free(state->path);
	if (state->fd >= 0)
		close(state->fd);
}
#define auto_state __attribute__((cleanup(free_state)))

static int add_child(struct level *level, const struct dirent *entry, unsigned char type)
{
	char *copy = strdup(entry->d_name);
	bool full = !(level->n & (level->n - 1)); /* doubles at each power of two */
	void *grown = !copy  ? NULL
		      : full ? realloc(level->children,
				       (level->n ? 2 * level->n : 1) * sizeof(struct child))
			     : level->children;

	if (!grown) {
		free(copy);
		return -ENOMEM;
	}
	level->children = grown;
	level->children[level->n++] = (struct child){ copy, type, entry->d_ino };
	return 0;
}

static unsigned char type_of(int dirfd, const struct dirent *entry)
{
	struct stat st;

	if (entry->d_type != DT_UNKNOWN)
		return entry->d_type;
	return fstatat(dirfd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 ? DT_UNKNOWN
									   : IFTODT(st.st_mode);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct child *)a)->name, ((const struct child *)b)->name);
}

static int open_to_list(const struct shale_treewalk *walk, int fd)
{
	if (walk->open_dir)
		return walk->open_dir(fd, O_RDONLY | O_DIRECTORY);
	return sys(openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

static int read_level(struct state *state, struct level *level)
{
	auto_close int list = open_to_list(state->walk, state->fd);
	auto_closedir DIR *dir = list < 0 ? NULL : fdopendir(list);
	struct dirent *entry;
	int r = 0;

	if (!dir)
		return list < 0 ? list : -ENOMEM;
	steal_fd(&list);
	while (r == 0 && (errno = 0, entry = readdir(dir)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			r = add_child(level, entry, type_of(state->fd, entry));
	if (r == 0 && errno)
		r = -errno;
	if (level->n)
		qsort(level->children, level->n, sizeof(*level->children), by_name);
	return r;
}

/* Takes FD over, of the directory whose path is the first LENGTH bytes. */
static int enter(struct state *state, int fd, size_t length)
{
	void *grown = realloc(state->levels, (state->depth + 1) * sizeof(*state->levels));
	struct stat st;

	if (state->fd >= 0)
		close(state->fd);
	state->fd = fd;
	if (!grown)
		return -ENOMEM;
	state->levels = grown;
	if (fstat(fd, &st) < 0)
		return -errno;
	struct level *level = &state->levels[state->depth++];
	*level = (struct level){ .path = length, .dev = st.st_dev, .ino = st.st_ino };
	return read_level(state, level);
}

/* Puts NAME behind the path of LEVEL; returns the length of both, or -ENOMEM. */
static ssize_t extend(struct state *state, const struct level *level, const char *name)
{
	size_t length = level->path + strlen(name);

	if (length + 2 > state->room) {
		void *grown = realloc(state->path, 2 * length + 256);
		if (!grown)
			return -ENOMEM;
		state->path = grown;
		state->room = 2 * length + 256;
	}
	strcpy(state->path + level->path, name);
	return (ssize_t)length;
}

static int visit_next(struct state *state)
{
	struct level *level = &state->levels[state->depth - 1];
	const struct child *child = &level->children[level->next++];
	ssize_t length = extend(state, level, child->name);
	const struct shale_treewalk_name at = { state->fd, child->name, state->path, child->type,
		child->ino };
	int r = length < 0 ? (int)length : state->walk->fn(state->walk->arg, &at);

	if (r < 0 || child->type != DT_DIR)
		return r < 0 ? r : 0;
	int fd = sys(openat(state->fd, child->name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
	/* Removed, or something else by now. */
	if (fd < 0)
		return fd == -ENOENT || fd == -ENOTDIR || fd == -ELOOP ? 0 : fd;
	state->path[length] = '/';
	return enter(state, fd, (size_t)length + 1);
}

static int leave(struct state *state)
{
	struct stat st;

	free_level(&state->levels[--state->depth]);
	if (!state->depth)
		return 0;
	auto_close int up = sys(openat(state->fd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC));
	if (up < 0 || fstat(up, &st) < 0)
		return up < 0 ? up : -errno;
	const struct level *level = &state->levels[state->depth - 1];
	if (st.st_dev != level->dev || st.st_ino != level->ino)
		return -ESTALE;
	close(state->fd);
	state->fd = steal_fd(&up);
	return 0;
}

int shale_treewalk_run(const struct shale_treewalk *walk, int root)
{
	auto_state struct state state = { .walk = walk, .fd = -1 };
	int fd = sys(openat(root, ".", O_PATH | O_DIRECTORY | O_CLOEXEC));
	int r = fd < 0 ? fd : enter(&state, fd, 0);

	while (r == 0 && state.depth) {
		const struct level *level = &state.levels[state.depth - 1];
		r = level->next < level->n ? visit_next(&state) : leave(&state);
	}
	return r;
}
