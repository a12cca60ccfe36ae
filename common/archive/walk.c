/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/archive/walk.h"

#include "common/cleanup.h"
#include "common/error.h"

#include <string.h>

/* A process may have 1024 descriptors, and the caller's layers take some of them. */
#define OPEN_MAX_HERE 256
/* The walk uses the C stack. */
#define DEPTH_MAX 4000

enum { BELOW_UNKNOWN, BELOW_NONE, BELOW_THERE };

static int find_below(struct shale_walk_dir *dir, struct shale_error *err)
{
	struct shale_stack_dir *up;
	struct shale_stack_entry entry;

	dir->below_state = BELOW_NONE;
	if (dir->walk->below.n == 0)
		return 0;
	if (!dir->up) {
		int r = shale_stack_root(&dir->walk->below, &dir->below);
		if (r >= 0)
			dir->below_state = BELOW_THERE;
		return r < 0 ? shale_fail(err, r, "open the layers below") : 0;
	}
	int r = shale_walk_below(dir->up, &up, err);
	if (r > 0)
		r = shale_stack_lookup(up, dir->name, &entry, err);
	if (r <= 0 || entry.whiteout || !S_ISDIR(entry.st.st_mode))
		return r < 0 ? r : 0;
	r = shale_stack_enter(up, &entry, &dir->below, err);
	if (r >= 0)
		dir->below_state = BELOW_THERE;
	return r;
}

int shale_walk_below(
	struct shale_walk_dir *dir, struct shale_stack_dir **ret, struct shale_error *err)
{
	int r = dir->below_state == BELOW_UNKNOWN ? find_below(dir, err) : 0;

	if (r < 0 || dir->below_state != BELOW_THERE)
		return r < 0 ? r : 0;
	*ret = &dir->below;
	return 1;
}

int shale_walk_below_entry(struct shale_walk_dir *dir, const char *name,
	struct shale_stack_entry *ret, struct shale_error *err)
{
	struct shale_stack_dir *below;
	struct shale_stack_entry entry;
	int r = shale_walk_below(dir, &below, err);

	if (r > 0)
		r = shale_stack_lookup(below, name, &entry, err);
	if (r <= 0 || entry.whiteout)
		return r < 0 ? r : 0;
	*ret = entry;
	return 1;
}

static void leave_dir(struct shale_walk_dir *dir)
{
	shale_stack_leave(&dir->above);
	shale_stack_leave(&dir->below);
}

static void save_descriptors(struct shale_walk_dir *dir)
{
	if (dir->walk->above.open + dir->walk->below.open < OPEN_MAX_HERE)
		return;
	for (struct shale_walk_dir *up = dir; up; up = up->up) {
		shale_stack_suspend(&up->above);
		if (up->below_state == BELOW_THERE)
			shale_stack_suspend(&up->below);
	}
}

/* NULL: no memory. It is made for every name, and printf would be felt. */
static char *join(const char *dir, const char *name)
{
	size_t n = strlen(dir), size = strlen(name) + 1;
	char *path = malloc(n + 1 + size);

	if (!path)
		return NULL;
	memcpy(path, dir, n);
	if (n)
		path[n++] = '/';
	memcpy(path + n, name, size);
	return path;
}

static int visit_entry(
	struct shale_walk_dir *dir, const struct shale_stack_entry *entry, struct shale_error *err)
{
	const struct shale_walk *walk = dir->walk;
	auto_free char *path = join(dir->above.path, entry->name);

	if (!path)
		return shale_fail(err, -ENOMEM, "walk through the layers");
	return walk->ops->entry(walk->arg, dir, entry, path, err);
}

static int enter_child(struct shale_walk_dir *dir, const struct shale_stack_entry *entry,
	struct shale_walk_dir *child, struct shale_error *err)
{
	const struct shale_walk *walk = dir->walk;

	if (child->depth > DEPTH_MAX)
		return shale_fail_plain(
			err, -ELOOP, "directories are nested more than %d deep", DEPTH_MAX);
	save_descriptors(dir);
	int r = shale_stack_enter(&dir->above, entry, &child->above, err);
	if (r >= 0 && walk->ops->enter)
		r = walk->ops->enter(walk->arg, child, err);
	return r;
}

static int walk_contents(struct shale_walk_dir *dir, struct shale_error *err)
{
	const struct shale_walk *walk = dir->walk;
	auto_stack_list struct shale_stack_list list = { 0 };
	int r = shale_stack_list(&dir->above, &list, err);

	for (size_t i = 0; r >= 0 && i < list.n; i++) {
		const struct shale_stack_entry *entry = &list.entries[i];
		r = visit_entry(dir, entry, err);
		if (r < 0 || entry->whiteout || !S_ISDIR(entry->st.st_mode))
			continue;
		struct shale_walk_dir child __attribute__((cleanup(leave_dir))) = {
			.walk = dir->walk, .up = dir, .name = entry->name, .depth = dir->depth + 1
		};
		r = enter_child(dir, entry, &child, err);
		if (r >= 0)
			r = walk_contents(&child, err);
		if (r >= 0 && walk->ops->leave)
			r = walk->ops->leave(walk->arg, &child, err);
	}
	return r;
}

int shale_walk(struct shale_walk *walk, struct shale_error *err)
{
	const struct shale_diff_spec *spec = walk->spec;
	struct shale_walk_dir root __attribute__((cleanup(leave_dir))) = { .walk = walk };

	if (spec->n_above == 0 || spec->n_above > spec->n_layers)
		return shale_fail_plain(err, -EINVAL, "no layers to compare");
	size_t n_below = spec->n_layers - spec->n_above;
	bool across = spec->n_aufs > n_below;
	walk->above = (struct shale_stack){ .roots = spec->layers,
		.n = spec->n_above,
		.class = spec->class,
		.ownership = spec->ownership,
		.n_aufs = across ? spec->n_aufs - n_below : 0 };
	walk->below = (struct shale_stack){ .roots = spec->layers + spec->n_above,
		.n = n_below,
		.class = spec->class,
		.ownership = spec->ownership,
		.n_aufs = across ? n_below : spec->n_aufs };
	int r = shale_stack_root(&walk->above, &root.above);
	if (r < 0)
		return shale_fail(err, r, "open the layers above");
	r = walk_contents(&root, err);
	return r < 0 ? r : 0;
}
