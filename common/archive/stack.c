/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/archive/stack.h"

#include "common/base/beneath.h"
#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/overlay/aufs.h"
#include "common/overlay/layer_name.h"
#include "common/overlay/opath_xattr.h"
#include "common/overlay/override.h"
#include "common/overlay/whiteout.h"

#include <fcntl.h>
#include <string.h>

static int make_path_room(struct stack *stack, size_t size)
{
	if (size <= stack->path_room)
		return 0;
	char *path = realloc(stack->path, 2 * size);
	if (!path)
		return -ENOMEM;
	stack->path = path;
	stack->path_room = 2 * size;
	return 0;
}

const char *stack_path(struct stack_dir *dir, const char *name)
{
	struct stack *stack = dir->stack;
	size_t at = dir->path_length, length = name ? strlen(name) : 0;

	if (make_path_room(stack, at + length + 2) < 0)
		return NULL;
	if (name && at)
		stack->path[at++] = '/';
	if (name)
		memcpy(stack->path + at, name, length);
	stack->path[at + length] = 0;
	return stack->path;
}

/* The path of DIR as arguments for "%.*s" in error texts. */
#define path_words(dir) (int)(dir)->path_length, (dir)->stack->path

/* Opens a suspended directory again from the root of its layer. Its path is the beginning of the
 * stack's path. */
static int open_anew(const struct stack_dir *dir, size_t level)
{
	char *end = dir->stack->path + dir->path_length, kept = *end;

	*end = 0;
	int fd = beneath_open_dir(dir->stack->roots[dir->levels[level].layer], dir->stack->path);
	*end = kept;
	return fd;
}

/* Returns the level's descriptor; opens it again if it was suspended. The level owns the
 * descriptor. */
static int level_fd(struct stack_dir *dir, size_t level)
{
	struct stack_level *part = &dir->levels[level];

	if (part->fd >= 0)
		return part->fd;
	part->fd = open_anew(dir, level);
	if (part->fd >= 0)
		dir->stack->open++;
	return part->fd;
}

static void suspend_level(struct stack *stack, struct stack_level *level)
{
	struct stat st;

	if (level->fd < 0)
		return;
	level->ino = 0;
	if (fstat(level->fd, &st) == 0) {
		level->dev = st.st_dev;
		level->ino = st.st_ino;
	}
	close(steal_fd(&level->fd));
	stack->open--;
}

void stack_suspend(struct stack_dir *dir)
{
	for (size_t i = 0; i < dir->n; i++)
		suspend_level(dir->stack, &dir->levels[i]);
}

/* Returns the descriptor of CHILD's directory in LAYER, or -1. */
static int fd_in_layer(const struct stack_dir *child, size_t layer)
{
	for (size_t i = 0; i < child->n; i++)
		if (child->levels[i].layer == layer)
			return child->levels[i].fd;
	return -1;
}

static int open_up(const struct stack_level *level, int child)
{
	auto_close int fd = sys(openat(child, "..", O_PATH | O_DIRECTORY | O_CLOEXEC));
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return fd;
	return level->ino && st.st_dev == level->dev && st.st_ino == level->ino ? steal_fd(&fd)
										: -ESTALE;
}

void stack_resume(struct stack_dir *dir, const struct stack_dir *child)
{
	for (size_t i = 0; i < dir->n; i++) {
		struct stack_level *level = &dir->levels[i];
		int fd = level->fd < 0 ? fd_in_layer(child, level->layer) : -1;
		if (fd >= 0)
			level->fd = open_up(level, fd);
		dir->stack->open += fd >= 0 && level->fd >= 0;
	}
}

void stack_leave(struct stack_dir *dir)
{
	if (!dir->stack)
		return;
	for (size_t i = 0; i < dir->n; i++)
		if (dir->levels[i].fd >= 0) {
			close(dir->levels[i].fd);
			dir->stack->open--;
		}
	free(dir->levels);
	*dir = (struct stack_dir){ 0 };
}

void stack_close(struct stack *stack)
{
	free(stack->path);
	stack->path = NULL;
	stack->path_room = 0;
	sorter_pool_close(&stack->names);
}

static int new_dir(struct stack *stack, size_t path_length, size_t room, struct stack_dir *ret)
{
	struct stack_level *levels = calloc(room ? room : 1, sizeof(*levels));

	if (!levels)
		return -ENOMEM;
	*ret = (struct stack_dir){ .stack = stack, .path_length = path_length, .levels = levels };
	return 0;
}

static bool has_aufs(const struct stack *stack, size_t layer)
{
	return stack->n - layer <= stack->n_aufs;
}

/* Adds a level with the descriptor FD, which it takes over. Returns the directory's opaque mark, or
 * a negative errno. */
static int add_level(struct stack_dir *dir, size_t layer, int fd)
{
	int opaque = opaque_get(fd, dir->stack->class);

	if (opaque == OPAQUE_NO && has_aufs(dir->stack, layer)) {
		int hides = aufs_is_opaque(fd, ".");

		opaque = hides > 0 ? OPAQUE_YES : hides;
	}
	dir->levels[dir->n++] = (struct stack_level){ .layer = layer, .fd = fd };
	dir->stack->open++;
	return opaque;
}

int stack_root(struct stack *stack, struct stack_dir *ret)
{
	auto_stack_dir struct stack_dir dir = { 0 };
	int r = new_dir(stack, 0, stack->n, &dir);

	if (r == 0 && !stack_path(&dir, NULL))
		r = -ENOMEM;
	if (r < 0)
		return r;
	for (size_t i = 0; i < stack->n; i++) {
		int fd = beneath_open_dir(stack->roots[i], "");
		if (fd < 0)
			return fd;
		/* No opaque mark is checked: overlayfs merges the roots whatever their marks
		 * are. */
		r = add_level(&dir, i, fd);
		if (r < 0)
			return r;
	}
	*ret = dir;
	dir.stack = NULL;
	return 0;
}

static int refuse_redirect(const struct stack_dir *dir, int fd, struct shale_error *err)
{
	ssize_t n = opath_xattr_get(fd, overlay_xattr(dir->stack->class, "redirect"), NULL, 0);

	if (n == -ENODATA || n == -EOPNOTSUPP)
		return 0;
	if (n < 0)
		return error_fail(err, (int)n, "read the xattrs of '/%.*s'", path_words(dir));
	error_fail_plain(err, -EOPNOTSUPP,
		"the directory '/%.*s' was renamed by a redirect to its lower part",
		path_words(dir));
	return error_remedy(err, -EOPNOTSUPP, "`shale convert` the layer first");
}

/* Adds a level to CHILD, and takes FD over. Returns 1 if CHILD ends here: no directory of a lower
 * layer is merged into it. */
static int enter_level(struct stack_dir *child, size_t layer, int fd, struct shale_error *err)
{
	int opaque = add_level(child, layer, fd);

	if (opaque < 0)
		return error_fail(err, opaque, "read the xattrs of '/%.*s'", path_words(child));
	if (opaque == OPAQUE_YES) {
		child->hides = true;
		return 1;
	}
	return refuse_redirect(child, fd, err);
}

static int open_child(struct stack_dir *dir, size_t level, const char *name)
{
	int fd = level_fd(dir, level);

	if (fd < 0)
		return fd;
	return sys(openat(fd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

/* Looks for an aufs whiteout of NAME, which hides names of the layers below, but not of its own
 * layer. */
static int has_aufs_whiteout(struct stack_dir *dir, size_t level, const char *name)
{
	return has_aufs(dir->stack, dir->levels[level].layer)
		       ? aufs_has_whiteout(level_fd(dir, level), name)
		       : 0;
}

int stack_enter(struct stack_dir *dir, const struct stack_entry *entry, struct stack_dir *ret,
	struct shale_error *err)
{
	auto_stack_dir struct stack_dir child = { 0 };
	const char *path = stack_path(dir, entry->name);
	int r = path ? new_dir(dir->stack, strlen(path), dir->n - entry->level, &child) : -ENOMEM;

	if (r < 0)
		return error_fail(err, r, "enter '%s'", entry->name);
	child.hides = dir->hides;
	for (size_t i = entry->level; i < dir->n && r == 0; i++) {
		int fd = open_child(dir, i, entry->name);
		int last = has_aufs_whiteout(dir, i, entry->name);
		if (last < 0 && fd >= 0)
			close(fd);
		if (last < 0)
			return error_fail(err, last, "look at '/%.*s'", path_words(&child));
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
			return error_fail(
				err, fd, "open the directory '/%.*s'", path_words(&child));
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

/* Corrects the owner of a symbolic link in ST, since a link cannot keep its owner in an xattr. A
 * link that belongs to this process's user or to the owner of the layer counts as root's: the
 * container's real owner was lost. The owner of the layer is that of the directory above ROOT,
 * which no image can change. */
static void put_link_owner(int root, struct stat *st)
{
	struct stat layer;
	bool lost = st->st_uid == geteuid() ||
		    (fstatat(root, "..", &layer, 0) == 0 && st->st_uid == layer.st_uid);

	if (lost)
		st->st_uid = st->st_gid = 0;
}

static int apply_override(
	const struct stack *stack, size_t layer, int dirfd, const char *name, struct stat *st)
{
	if (stack->ownership != OWNERSHIP_OVERRIDE)
		return 0;
	if (S_ISLNK(st->st_mode)) {
		put_link_owner(stack->roots[layer], st);
		return 0;
	}
	auto_close int fd = sys(openat(dirfd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC));
	return fd < 0 ? fd : override_get(fd, st);
}

/* Returns the enum layer_kind of NAME in a level's directory FD, and its stat; or a negative
 * errno. */
static int judge(
	const struct stack_dir *dir, size_t level, int fd, const char *name, struct stat *ret)
{
	const struct layer_rules rules = { .class = dir->stack->class,
		.aufs = has_aufs(dir->stack, dir->levels[level].layer),
		.xattr_whiteouts = true };
	int r = sys(fstatat(fd, name, ret, AT_SYMLINK_NOFOLLOW));

	if (r == 0)
		return layer_judge(&rules, fd, name, ret);
	if (r != -ENOENT || !rules.aufs || aufs_is_mark(name))
		return r == -ENOENT ? LAYER_NOTHING : r;
	r = aufs_has_whiteout(fd, name);
	return r < 0 ? r : r ? LAYER_WHITEOUT : LAYER_NOTHING;
}

/* Looks NAME up in one level. Returns 1 and *RET; 0 if the level does not have the name. */
static int look(struct stack_dir *dir, size_t level, const char *name, struct stack_entry *ret)
{
	struct stack_entry entry = { .level = level };
	int fd = level_fd(dir, level);

	if (fd < 0)
		return fd;
	int kind = judge(dir, level, fd, name, &entry.st);
	if (kind < 0)
		return kind;
	if (kind == LAYER_NOTHING || kind == LAYER_MARK)
		return 0;
	entry.whiteout = kind == LAYER_WHITEOUT;
	int r = entry.whiteout
			? 0
			: apply_override(dir->stack, dir->levels[level].layer, fd, name, &entry.st);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	entry.name = ret->name;
	*ret = entry;
	return 1;
}

static int look_from(struct stack_dir *dir, size_t level, const char *name, struct stack_entry *ret,
	struct shale_error *err)
{
	for (size_t i = level; i < dir->n; i++) {
		int r = look(dir, i, name, ret);
		if (r < 0)
			return error_fail(err, r, "look at '/%.*s%s%s'", path_words(dir),
				dir->path_length ? "/" : "", name);
		if (r == 0)
			continue;
		ret->name = name;
		return 1;
	}
	return 0;
}

int stack_lookup(
	struct stack_dir *dir, const char *name, struct stack_entry *ret, struct shale_error *err)
{
	return look_from(dir, 0, name, ret, err);
}

int stack_lookup_below(struct stack_dir *dir, const struct stack_entry *entry,
	struct stack_entry *ret, struct shale_error *err)
{
	return look_from(dir, entry->level + 1, entry->name, ret, err);
}

int stack_open(struct stack_dir *dir, const struct stack_entry *entry)
{
	int fd = level_fd(dir, entry->level);

	return fd < 0 ? fd : sys(openat(fd, entry->name, O_PATH | O_NOFOLLOW | O_CLOEXEC));
}

int stack_open_data(struct stack_dir *dir, const struct stack_entry *entry)
{
	const int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
	int parent = level_fd(dir, entry->level);

	if (parent < 0)
		return parent;
	/* Only the file's owner may use O_NOATIME. */
	int fd = sys(openat(parent, entry->name, flags | O_NOATIME));
	return fd == -EPERM ? sys(openat(parent, entry->name, flags)) : fd;
}

/* ---- listing ---- */

static int list_level(struct sorter *names, struct stack_dir *dir, size_t level)
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

		/* Skip aufs's own names .wh..wh.NAME. The name .wh.NAME is a whiteout, which
		 * look() skips. */
		if (aufs && aufs_is_mark(name))
			name = aufs_hidden(name);
		if (*name && strcmp(name, ".") != 0 && strcmp(name, "..") != 0)
			r = sorter_add(names, name, 0, (uint32_t)level);
		errno = 0;
	}
	return r < 0 ? r : -errno;
}

int stack_list(struct stack_dir *dir, struct stack_list *ret, struct shale_error *err)
{
	int r = 0;

	ret->names.pool = &dir->stack->names;
	for (size_t i = 0; i < dir->n && r >= 0; i++)
		r = list_level(&ret->names, dir, i);
	if (r >= 0)
		r = sorter_finish(&ret->names);
	return r < 0 ? error_fail(err, r, "list the directory '/%.*s'", path_words(dir)) : 0;
}

int stack_list_next(struct stack_dir *dir, struct stack_list *list, struct stack_entry *ret,
	struct shale_error *err)
{
	struct sorted name;
	int r, found = 0;

	while (found == 0 && (r = sorter_next(&list->names, &name)) != 0) {
		if (r < 0)
			return error_fail(err, r, "list the directory '/%.*s'", path_words(dir));
		list->taken &= name.repeated;
		if (list->taken)
			continue;
		ret->name = name.text;
		found = look(dir, name.tag, name.text, ret);
		if (found < 0)
			return error_fail(
				err, found, "list the directory '/%.*s'", path_words(dir));
		list->taken = found;
	}
	return found;
}

void stack_list_free(struct stack_list *list)
{
	sorter_free(&list->names);
	*list = (struct stack_list){ 0 };
}
