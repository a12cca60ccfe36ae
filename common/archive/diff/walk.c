/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/archive/diff/walk.h"

#include "common/base/scope.h"
#include "common/base/error.h"

#include <stdlib.h>
#include <sys/resource.h>

/* The most descriptors of a walk: a process may have 1024, and the caller's layers take some of
 * them. */
#define OPEN_MAX_HERE 256

enum { BELOW_UNKNOWN, BELOW_NONE, BELOW_THERE };

static int open_root_below(struct walk_dir *dir, struct shale_error *err)
{
	dir->below_state = BELOW_NONE;
	if (dir->walk->below.n == 0)
		return 0;
	int r = stack_root(&dir->walk->below, &dir->below);
	if (r >= 0)
		dir->below_state = BELOW_THERE;
	return r < 0 ? error_fail(err, r, "open the layers below") : 0;
}

/* Finds the directory of the layers below at the path of DIR. The same is known for DIR's parent
 * already. */
static int enter_below(struct walk_dir *dir, struct shale_error *err)
{
	struct stack_dir *up = &dir->up->below;
	struct stack_entry entry;

	dir->below_state = BELOW_NONE;
	if (dir->up->below_state != BELOW_THERE)
		return 0;
	int r = stack_lookup(up, dir->name, &entry, err);
	if (r <= 0 || entry.whiteout || !S_ISDIR(entry.st.st_mode))
		return r < 0 ? r : 0;
	r = stack_enter(up, &entry, &dir->below, err);
	if (r >= 0)
		dir->below_state = BELOW_THERE;
	return r;
}

/* Returns the first directory, from the root down to DIR, whose counterpart in the layers below was
 * not looked for yet. */
static struct walk_dir *first_unknown(struct walk_dir *dir)
{
	struct walk_dir *first = dir;

	for (; dir && dir->below_state == BELOW_UNKNOWN; dir = dir->up) {
		first = dir;
		if (dir->up)
			dir->up->down = dir;
	}
	return first;
}

static int find_below(struct walk_dir *dir, struct shale_error *err)
{
	struct walk_dir *at = first_unknown(dir);
	int r = 0;

	for (; r >= 0; at = at->down) {
		r = at->up ? enter_below(at, err) : open_root_below(at, err);
		if (at == dir)
			break;
		/* The parent's counterpart was opened only to reach this one: close its
		 * descriptors. */
		if (at->up)
			stack_suspend(&at->up->below);
	}
	return r;
}

int walk_below(struct walk_dir *dir, struct stack_dir **ret, struct shale_error *err)
{
	int r = dir->below_state == BELOW_UNKNOWN ? find_below(dir, err) : 0;

	if (r < 0 || dir->below_state != BELOW_THERE)
		return r < 0 ? r : 0;
	*ret = &dir->below;
	return 1;
}

int walk_below_entry(
	struct walk_dir *dir, const char *name, struct stack_entry *ret, struct shale_error *err)
{
	struct stack_dir *below;
	struct stack_entry entry;
	int r = walk_below(dir, &below, err);

	if (r > 0)
		r = stack_lookup(below, name, &entry, err);
	if (r <= 0 || entry.whiteout)
		return r < 0 ? r : 0;
	*ret = entry;
	return 1;
}

static void free_dir(struct walk_dir *dir)
{
	stack_list_free(&dir->list);
	stack_leave(&dir->above);
	stack_leave(&dir->below);
	free(dir);
}

/* Closes descriptors of directories between the root and DIR, until few enough are open. If one is
 * suspended, all above it are suspended already. */
static void save_descriptors(struct walk_dir *dir)
{
	struct walk_run *walk = dir->walk;

	if (walk->above.open + walk->below.open < walk->open_max)
		return;
	for (; dir && walk->above.open + walk->below.open > 0; dir = dir->up) {
		stack_suspend(&dir->above);
		if (dir->below_state == BELOW_THERE)
			stack_suspend(&dir->below);
	}
}

static int enter_child(struct walk_dir *dir, const struct stack_entry *entry,
	struct walk_dir *child, struct shale_error *err)
{
	const struct walk_run *walk = dir->walk;

	save_descriptors(dir);
	sorter_rest(&dir->list.names);
	int r = stack_enter(&dir->above, entry, &child->above, err);
	if (r >= 0 && walk->ops->enter)
		r = walk->ops->enter(walk->arg, child, err);
	return r < 0 ? r : stack_list(&child->above, &child->list, err);
}

/* Enters the directory ENTRY, which becomes *AT. */
static int enter_dir(struct walk_dir **at, const struct stack_entry *entry, struct shale_error *err)
{
	struct walk_dir *dir = *at, *child = calloc(1, sizeof(*child));

	if (!child)
		return error_fail(err, -ENOMEM, "walk through the layers");
	child->walk = dir->walk;
	child->up = dir;
	child->name = entry->name;
	*at = child;
	return enter_child(dir, entry, child, err);
}

static int leave_dir(struct walk_dir **at, struct shale_error *err)
{
	struct walk_dir *dir = *at, *up = dir->up;
	const struct walk_run *walk = dir->walk;
	int r = up && walk->ops->leave ? walk->ops->leave(walk->arg, dir, err) : 0;

	if (up) {
		stack_resume(&up->above, &dir->above);
		if (dir->below_state == BELOW_THERE)
			stack_resume(&up->below, &dir->below);
	}
	free_dir(dir);
	*at = up;
	return r;
}

static int step(struct walk_dir **at, struct shale_error *err)
{
	struct walk_dir *dir = *at;
	const struct walk_run *walk = dir->walk;
	struct stack_entry entry;
	int r = stack_list_next(&dir->above, &dir->list, &entry, err);

	if (r <= 0)
		return r < 0 ? r : leave_dir(at, err);
	r = progress_step(walk->spec->progress);
	if (r < 0)
		return error_fail(err, r, "walk through the layers");
	const char *path = stack_path(&dir->above, entry.name);
	if (!path)
		return error_fail(err, -ENOMEM, "walk through the layers");
	r = walk->ops->entry(walk->arg, dir, &entry, path, err);
	if (r < 0 || entry.whiteout || !S_ISDIR(entry.st.st_mode))
		return r;
	return enter_dir(at, &entry, err);
}

static int walk_from_root(struct walk_run *walk, struct shale_error *err)
{
	struct walk_dir *at = calloc(1, sizeof(*at));

	if (!at)
		return error_fail(err, -ENOMEM, "walk through the layers");
	at->walk = walk;
	int r = stack_root(&walk->above, &at->above);
	if (r < 0)
		error_fail(err, r, "open the layers above");
	if (r >= 0 && walk->ops->root)
		r = walk->ops->root(walk->arg, at, err);
	if (r >= 0)
		r = stack_list(&at->above, &at->list, err);
	while (r >= 0 && at)
		r = step(&at, err);
	for (struct walk_dir *up; at; at = up) {
		up = at->up;
		free_dir(at);
	}
	return r < 0 ? r : 0;
}

static size_t find_open_max(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur / 4 >= OPEN_MAX_HERE)
		return OPEN_MAX_HERE;
	return limit.rlim_cur / 4;
}

int walk_run(struct walk_run *walk, struct shale_error *err)
{
	const struct diff_spec *spec = walk->spec;

	if (spec->n_above == 0 || spec->n_above > spec->n_layers)
		return error_fail_plain(err, -EINVAL, "no layers to compare");
	size_t n_below = spec->n_layers - spec->n_above;
	bool across = spec->n_aufs > n_below;
	walk->above = (struct stack){ .roots = spec->layers,
		.n = spec->n_above,
		.class = spec->class,
		.ownership = spec->ownership,
		.n_aufs = across ? spec->n_aufs - n_below : 0,
		STACK_FRESH };
	walk->below = (struct stack){ .roots = spec->layers + spec->n_above,
		.n = n_below,
		.class = spec->class,
		.ownership = spec->ownership,
		.n_aufs = across ? n_below : spec->n_aufs,
		STACK_FRESH };
	walk->open_max = find_open_max();
	int r = walk_from_root(walk, err);
	stack_close(&walk->above);
	stack_close(&walk->below);
	return r;
}
