/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/base/treewalk.h"

#include "common/base/scope.h"
#include "common/base/readdir.h"
#include "common/base/sorter.h"

#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

/* A directory on the path of the walk: its names that are left, and its identity, to recognise it
 * again. */
struct level {
	struct sorter names;
	size_t path; /* length of its path, with the trailing slash */
	dev_t dev;
	ino_t ino;
};

struct state {
	const struct treewalk *walk;
	struct sorter_pool pool;
	struct level *levels;
	size_t depth, levels_room;
	char *path;
	size_t room;
	int fd; /* descriptor of the deepest level */
};

static void free_state(struct state *state)
{
	while (state->depth)
		sorter_free(&state->levels[--state->depth].names);
	sorter_pool_close(&state->pool);
	free(state->levels);
	free(state->path);
	if (state->fd >= 0)
		close(state->fd);
}
#define auto_state __attribute__((cleanup(free_state)))

static unsigned char type_of(int dirfd, const struct dirent *entry)
{
	struct stat st;

	if (entry->d_type != DT_UNKNOWN)
		return entry->d_type;
	return fstatat(dirfd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0
		       ? DT_UNKNOWN
		       : (unsigned char)IFTODT(st.st_mode);
}

static int open_to_list(const struct treewalk *walk, int fd)
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
	int more, r = 0;

	if (!dir)
		return list < 0 ? list : -ENOMEM;
	steal_fd(&list);
	while (r == 0 && (more = dir_next(dir, &entry)) != 0) {
		if (more < 0)
			return more;
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			r = sorter_add(&level->names, entry->d_name, entry->d_ino,
				type_of(state->fd, entry));
	}
	return r < 0 ? r : sorter_finish(&level->names);
}

static int make_level(struct state *state)
{
	size_t room = 2 * state->levels_room + 16;

	if (state->depth < state->levels_room)
		return 0;
	void *grown = reallocarray(state->levels, room, sizeof(*state->levels));
	if (!grown)
		return -ENOMEM;
	state->levels = grown;
	state->levels_room = room;
	return 0;
}

/* Enters the directory FD, whose path is the first LENGTH bytes. Takes FD over. */
static int enter(struct state *state, int fd, size_t length)
{
	struct stat st;

	if (state->depth)
		sorter_rest(&state->levels[state->depth - 1].names);
	if (state->fd >= 0)
		close(state->fd);
	state->fd = fd;
	if (make_level(state) < 0)
		return -ENOMEM;
	if (fstat(fd, &st) < 0)
		return -errno;
	struct level *level = &state->levels[state->depth++];
	*level = (struct level){ .names = { .pool = &state->pool },
		.path = length,
		.dev = st.st_dev,
		.ino = st.st_ino };
	return read_level(state, level);
}

/* Appends NAME to the path of LEVEL. Returns the new length, or -ENOMEM. */
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

static int open_child(const struct state *state, const char *name)
{
	if (state->walk->open_child)
		return state->walk->open_child(state->fd, name);
	return sys(openat(state->fd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

/* Whether CODE means that another process has removed the name, or replaced it by another type. */
static bool is_gone(int code)
{
	return code == -ENOENT || code == -ENOTDIR || code == -ELOOP || code == -EXDEV;
}

static int visit(struct state *state, const struct sorted *child)
{
	const struct level *level = &state->levels[state->depth - 1];
	ssize_t length = extend(state, level, child->text);
	const struct treewalk_name at = { state->fd, child->text, state->path,
		(unsigned char)child->tag, child->number, state->depth };
	int r = length < 0 ? (int)length : state->walk->fn(state->walk->arg, &at);

	if (r < 0 || at.type != DT_DIR)
		return r < 0 ? r : 0;
	int fd = open_child(state, child->text);
	if (fd < 0)
		return is_gone(fd) ? 0 : fd;
	state->path[length] = '/';
	return enter(state, fd, (size_t)length + 1);
}

static int leave(struct state *state)
{
	struct stat st;

	sorter_free(&state->levels[--state->depth].names);
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

static int step(struct state *state)
{
	struct sorted child;
	int r = sorter_next(&state->levels[state->depth - 1].names, &child);

	return r < 0 ? r : r ? visit(state, &child) : leave(state);
}

int treewalk_run(const struct treewalk *walk, int root)
{
	auto_state struct state state = { .walk = walk, .pool = SORTER_POOL, .fd = -1 };
	int fd = sys(openat(root, ".", O_PATH | O_DIRECTORY | O_CLOEXEC));
	int r = fd < 0 ? fd : enter(&state, fd, 0);

	while (r == 0 && state.depth)
		r = step(&state);
	return r;
}
