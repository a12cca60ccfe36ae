/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/archive/stack.h"

#include "common/beneath.h"
#include "common/cleanup.h"
#include "common/error.h"
#include "common/overlay/aufs.h"
#include "common/overlay/fdxattr.h"
#include "common/overlay/override.h"
#include "common/overlay/whiteout.h"

#include <fcntl.h>
#include <string.h>

/* The level's descriptor, still the level's. */
static int level_fd(struct shale_stack_dir *dir, size_t level)
{
	struct shale_stack_level *part = &dir->levels[level];

	if (part->fd >= 0)
		return part->fd;
	part->fd = shale_beneath_open_dir(dir->stack->roots[part->layer], dir->path);
	if (part->fd >= 0)
		dir->stack->open++;
	return part->fd;
}

void shale_stack_suspend(struct shale_stack_dir *dir)
{
	for (size_t i = 0; i < dir->n; i++) {
		if (dir->levels[i].fd < 0)
			continue;
		close(dir->levels[i].fd);
		dir->levels[i].fd = -1;
		dir->stack->open--;
	}
}

void shale_stack_leave(struct shale_stack_dir *dir)
{
	if (!dir->stack)
		return;
	shale_stack_suspend(dir);
	free(dir->levels);
	free(dir->path);
	*dir = (struct shale_stack_dir){ 0 };
}

static int new_dir(struct shale_stack *stack, const char *parent, const char *name, size_t room,
	struct shale_stack_dir *ret)
{
	auto_free char *path = NULL;
	struct shale_stack_level *levels = calloc(room ? room : 1, sizeof(*levels));

	if (!levels || asprintf(&path, "%s%s%s", parent, *parent ? "/" : "", name) < 0) {
		free(levels);
		path = NULL;
		return -ENOMEM;
	}
	*ret = (struct shale_stack_dir){
		.stack = stack, .path = steal_ptr(&path), .levels = levels
	};
	return 0;
}

static bool has_aufs(const struct shale_stack *stack, size_t layer)
{
	return stack->n - layer <= stack->n_aufs;
}

/* Takes FD over. The mark of the directory, or a negative errno. */
static int add_level(struct shale_stack_dir *dir, size_t layer, int fd)
{
	int opaque = shale_opaque_get(fd, dir->stack->class);

	if (opaque == SHALE_OPAQUE_NO && has_aufs(dir->stack, layer) &&
		shale_aufs_is_opaque(fd, "."))
		opaque = SHALE_OPAQUE_YES;
	dir->levels[dir->n++] = (struct shale_stack_level){ layer, fd };
	dir->stack->open++;
	return opaque;
}

int shale_stack_root(struct shale_stack *stack, struct shale_stack_dir *ret)
{
	auto_stack_dir struct shale_stack_dir dir = { 0 };
	int r = new_dir(stack, "", "", stack->n, &dir);

	if (r < 0)
		return r;
	for (size_t i = 0; i < stack->n; i++) {
		int fd = shale_beneath_open_dir(stack->roots[i], "");
		if (fd < 0)
			return fd;
		/* The roots are merged whatever they are marked. */
		r = add_level(&dir, i, fd);
		if (r < 0)
			return r;
	}
	*ret = dir;
	dir.stack = NULL;
	return 0;
}

static int refuse_redirect(const struct shale_stack_dir *dir, int fd, struct shale_error *err)
{
	ssize_t n = shale_fgetxattr(
		fd, shale_overlay_xattr(dir->stack->class, "redirect"), NULL, 0);

	if (n == -ENODATA || n == -EOPNOTSUPP)
		return 0;
	if (n < 0)
		return shale_fail(err, (int)n, "read the xattrs of '/%s'", dir->path);
	shale_fail_plain(err, -EOPNOTSUPP,
		"the directory '/%s' was renamed by a redirect to its lower part", dir->path);
	return shale_remedy(err, -EOPNOTSUPP, "`shale convert` the layer first");
}

/* 1: the merge ends with this level. FD is taken over. */
static int enter_level(struct shale_stack_dir *child, size_t layer, int fd, struct shale_error *err)
{
	int opaque = add_level(child, layer, fd);

	if (opaque < 0)
		return shale_fail(err, opaque, "read the xattrs of '/%s'", child->path);
	if (opaque == SHALE_OPAQUE_YES) {
		child->hides = true;
		return 1;
	}
	return refuse_redirect(child, fd, err);
}

static int open_child(struct shale_stack_dir *dir, size_t level, const char *name)
{
	int fd = level_fd(dir, level);

	if (fd < 0)
		return fd;
	return sys(openat(fd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

/* An aufs whiteout hides what lies below its layer, and not what lies beside it. */
static bool has_aufs_whiteout(struct shale_stack_dir *dir, size_t level, const char *name)
{
	return has_aufs(dir->stack, dir->levels[level].layer) &&
	       shale_aufs_has_whiteout(level_fd(dir, level), name);
}

int shale_stack_enter(struct shale_stack_dir *dir, const struct shale_stack_entry *entry,
	struct shale_stack_dir *ret, struct shale_error *err)
{
	auto_stack_dir struct shale_stack_dir child = { 0 };
	int r = new_dir(dir->stack, dir->path, entry->name, dir->n - entry->level, &child);

	if (r < 0)
		return shale_fail(err, r, "enter '%s'", entry->name);
	child.hides = dir->hides;
	for (size_t i = entry->level; i < dir->n && r == 0; i++) {
		int fd = open_child(dir, i, entry->name);
		bool last = has_aufs_whiteout(dir, i, entry->name);
		child.hides |= last;
		if (fd == -ENOENT && i > entry->level && !last)
			continue;
		if (fd == -ENOENT && i > entry->level)
			break;
		if (fd == -ENOTDIR && i > entry->level) {
			child.hides = true;
			break;
		}
		if (fd < 0)
			return shale_fail(err, fd, "open the directory '/%s'", child.path);
		r = enter_level(&child, dir->levels[i].layer, fd, err);
		if (r == 0 && last)
			break;
	}
	if (r < 0)
		return r;
	*ret = child;
	child.stack = NULL;
	return 0;
}

/* A link can have no xattr. One that belongs to the process has lost its owner, and root is what
 * that was in an image; whose store it is, is nothing for a stream to tell. */
static void put_link_owner(struct stat *st)
{
	if (st->st_uid == geteuid())
		st->st_uid = st->st_gid = 0;
}

static int apply_override(struct shale_stack *stack, int dirfd, const char *name, struct stat *st)
{
	if (stack->ownership != SHALE_OWNERSHIP_OVERRIDE)
		return 0;
	if (S_ISLNK(st->st_mode)) {
		put_link_owner(st);
		return 0;
	}
	auto_close int fd = sys(openat(dirfd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC));
	return fd < 0 ? fd : shale_override_get(fd, st);
}

/* 1 and *RET, 0 if the level has no such name. */
static int look(
	struct shale_stack_dir *dir, size_t level, const char *name, struct shale_stack_entry *ret)
{
	struct shale_stack_entry entry = { .level = level };
	int whiteout = 0, fd = level_fd(dir, level);

	if (fd < 0)
		return fd;
	bool aufs = has_aufs(dir->stack, dir->levels[level].layer);
	if (aufs && shale_aufs_is_mark(name))
		return 0;
	int r = sys(fstatat(fd, name, &entry.st, AT_SYMLINK_NOFOLLOW));
	if (r < 0 && r != -ENOENT)
		return r;
	if (r == -ENOENT && !(aufs && shale_aufs_has_whiteout(fd, name)))
		return 0;
	entry.whiteout = r == -ENOENT;
	if (r == 0 && S_ISREG(entry.st.st_mode) && entry.st.st_size == 0)
		whiteout = shale_is_xattr_whiteout(fd, name, dir->stack->class);
	if (whiteout < 0)
		return whiteout;
	entry.whiteout |= whiteout || shale_is_whiteout(&entry.st);
	r = entry.whiteout ? 0 : apply_override(dir->stack, fd, name, &entry.st);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	entry.name = ret->name;
	*ret = entry;
	return 1;
}

static int look_from(struct shale_stack_dir *dir, size_t level, const char *name,
	struct shale_stack_entry *ret, struct shale_error *err)
{
	for (size_t i = level; i < dir->n; i++) {
		int r = look(dir, i, name, ret);
		if (r < 0)
			return shale_fail(err, r, "look at '/%s%s%s'", dir->path,
				*dir->path ? "/" : "", name);
		if (r == 0)
			continue;
		ret->name = (char *)name;
		return 1;
	}
	return 0;
}

int shale_stack_lookup(struct shale_stack_dir *dir, const char *name, struct shale_stack_entry *ret,
	struct shale_error *err)
{
	return look_from(dir, 0, name, ret, err);
}

int shale_stack_lookup_below(struct shale_stack_dir *dir, const struct shale_stack_entry *entry,
	struct shale_stack_entry *ret, struct shale_error *err)
{
	return look_from(dir, entry->level + 1, entry->name, ret, err);
}

int shale_stack_open(struct shale_stack_dir *dir, const struct shale_stack_entry *entry)
{
	int fd = level_fd(dir, entry->level);

	return fd < 0 ? fd : sys(openat(fd, entry->name, O_PATH | O_NOFOLLOW | O_CLOEXEC));
}

int shale_stack_open_data(struct shale_stack_dir *dir, const struct shale_stack_entry *entry)
{
	const int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
	int parent = level_fd(dir, entry->level);

	if (parent < 0)
		return parent;
	/* Only an owner may ask for O_NOATIME. */
	int fd = sys(openat(parent, entry->name, flags | O_NOATIME));
	return fd == -EPERM ? sys(openat(parent, entry->name, flags)) : fd;
}

/* ---- listing ---- */

struct found {
	size_t name; /* offset, as the memory moves while it grows */
	size_t level;
};

struct gather {
	struct found *found;
	size_t n, room;
	char *names;
	size_t used, size;
};

static int gather_name(struct gather *gather, const char *name, size_t level)
{
	size_t length = strlen(name) + 1;

	if (gather->used + length > gather->size) {
		size_t size = gather->size * 2 + 4096;
		char *names = realloc(gather->names, size);
		if (!names)
			return -ENOMEM;
		gather->names = names;
		gather->size = size;
	}
	if (gather->n == gather->room) {
		size_t room = gather->room * 2 + 64;
		struct found *found = reallocarray(gather->found, room, sizeof(*found));
		if (!found)
			return -ENOMEM;
		gather->found = found;
		gather->room = room;
	}
	memcpy(gather->names + gather->used, name, length);
	gather->found[gather->n++] = (struct found){ gather->used, level };
	gather->used += length;
	return 0;
}

static int gather_level(struct gather *gather, struct shale_stack_dir *dir, size_t level)
{
	int path = level_fd(dir, level);
	int fd = path < 0 ? path : sys(openat(path, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	auto_closedir DIR *stream = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	int r = 0;

	if (fd < 0)
		return fd;
	if (!stream) {
		close(fd);
		return -ENOMEM;
	}
	errno = 0;
	bool aufs = has_aufs(dir->stack, dir->levels[level].layer);
	while (r >= 0 && (entry = readdir(stream))) {
		const char *name = entry->d_name;

		/* What is called .wh..wh.NAME is for aufs alone. */
		if (aufs && shale_aufs_is_mark(name))
			name = shale_aufs_hidden(name);
		if (*name && strcmp(name, ".") != 0 && strcmp(name, "..") != 0)
			r = gather_name(gather, name, level);
		errno = 0;
	}
	return r < 0 ? r : -errno;
}

static int by_name_and_level(const void *left, const void *right, void *names)
{
	const struct found *a = left, *b = right;
	int r = strcmp((char *)names + a->name, (char *)names + b->name);

	if (r != 0)
		return r;
	return a->level < b->level ? -1 : a->level > b->level;
}

/* A name that vanishes while we look was there too late: the tree may be in use. */
static int keep_topmost(
	const struct gather *gather, struct shale_stack_dir *dir, struct shale_stack_list *ret)
{
	const char *last = NULL;

	for (size_t i = 0; i < gather->n; i++) {
		char *name = gather->names + gather->found[i].name;
		if (last && !strcmp(last, name))
			continue;
		struct shale_stack_entry *entry = &ret->entries[ret->n];
		int r = look(dir, gather->found[i].level, name, entry);
		if (r < 0)
			return r;
		if (r == 0)
			continue;
		entry->name = name;
		ret->n++;
		last = name;
	}
	return 0;
}

static int list_all(
	struct gather *gather, struct shale_stack_dir *dir, struct shale_stack_list *ret)
{
	int r = 0;

	for (size_t i = 0; i < dir->n && r >= 0; i++)
		r = gather_level(gather, dir, i);
	if (r < 0 || gather->n == 0)
		return r;
	qsort_r(gather->found, gather->n, sizeof(*gather->found), by_name_and_level, gather->names);
	ret->entries = calloc(gather->n, sizeof(*ret->entries));
	ret->names = steal_ptr(&gather->names);
	if (!ret->entries)
		return -ENOMEM;
	gather->names = ret->names;
	r = keep_topmost(gather, dir, ret);
	gather->names = NULL;
	return r;
}

int shale_stack_list(
	struct shale_stack_dir *dir, struct shale_stack_list *ret, struct shale_error *err)
{
	auto_stack_list struct shale_stack_list list = { 0 };
	struct gather gather = { 0 };

	int r = list_all(&gather, dir, &list);
	free(gather.found);
	free(gather.names);
	if (r < 0)
		return shale_fail(err, r, "list the directory '/%s'", dir->path);
	*ret = list;
	list = (struct shale_stack_list){ 0 };
	return 0;
}

void shale_stack_list_free(struct shale_stack_list *list)
{
	free(list->entries);
	free(list->names);
	*list = (struct shale_stack_list){ 0 };
}
