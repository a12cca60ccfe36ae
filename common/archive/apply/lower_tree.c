/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/archive/apply/lower_tree.h"

#include "common/base/scope.h"
#include "common/base/error.h"

#include <limits.h>
#include <string.h>

void lower_tree_close(struct lower_tree *below)
{
	if (!below->begun)
		return;
	stack_leave(&below->dir);
	stack_close(&below->stack);
}

static int begin_below(struct lower_tree *below, struct shale_error *err)
{
	const struct apply_spec *spec = below->spec;

	if (below->begun)
		return 0;
	below->begun = true;
	below->stack = (struct stack){ .roots = spec->below,
		.n = spec->n_below,
		.class = spec->class,
		.ownership = spec->ownership,
		.n_aufs = spec->n_below_aufs,
		STACK_FRESH };
	int r = spec->n_below ? stack_root(&below->stack, &below->dir) : 0;
	below->lost = r < 0 || spec->n_below == 0;
	return r < 0 ? error_fail(err, r, "read the layers below") : 0;
}

/* Makes the directory ENTRY the current place. */
static int go_into(
	struct lower_tree *below, const struct stack_entry *entry, struct shale_error *err)
{
	struct stack_dir child = { .n = 0 };
	int r = stack_enter(&below->dir, entry, &child, err);

	if (r < 0)
		return r;
	stack_leave(&below->dir);
	below->dir = child;
	return 0;
}

int lower_tree_look(struct lower_tree *below, const char *path, struct stat *ret_st, int *ret_fd,
	struct shale_error *err)
{
	int r = begin_below(below, err);

	while (r == 0 && !below->lost) {
		const char *from = path + below->at;
		const size_t length = strcspn(from, "/");
		char name[NAME_MAX + 1];
		struct stack_entry entry;

		snprintf(name, sizeof(name), "%.*s", (int)length, from);
		r = length > NAME_MAX ? 0 : stack_lookup(&below->dir, name, &entry, err);
		below->lost = r <= 0 || entry.whiteout || !S_ISDIR(entry.st.st_mode);
		if (below->lost)
			return r < 0 ? r : 0;
		if (!from[length]) {
			*ret_st = entry.st;
			*ret_fd = stack_open(&below->dir, &entry);
			return *ret_fd < 0 ? *ret_fd : 1;
		}
		r = go_into(below, &entry, err);
		below->at += length + 1;
	}
	return r;
}

int lower_tree_has_dir(const struct apply_spec *spec, const char *path, struct shale_error *err)
{
	auto_lower_tree struct lower_tree below = { .spec = spec };
	auto_close int fd = -1;
	struct stat st;

	if (!*path)
		return 1;
	int r = lower_tree_look(&below, path, &st, &fd, err);
	/* The directory has a redirect, which is not followed here. Assume that its target has the
	 * name. */
	if (r == -EOPNOTSUPP)
		error_clear(err);
	return r == -EOPNOTSUPP ? 1 : r;
}

int lower_tree_each_name(
	const struct apply_spec *spec, lower_tree_name_fn *fn, void *arg, struct shale_error *err)
{
	auto_lower_tree struct lower_tree below = { .spec = spec };
	auto_stack_list struct stack_list names = { 0 };
	struct stack_entry entry;
	int r = begin_below(&below, err);

	if (r < 0 || below.lost)
		return r;
	r = stack_list(&below.dir, &names, err);
	while (r >= 0 && (r = stack_list_next(&below.dir, &names, &entry, err)) > 0)
		if (!entry.whiteout)
			r = fn(arg, entry.name, err);
	return r;
}
