/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/archive/below.h"

#include "common/cleanup.h"
#include "common/error.h"

#include <limits.h>
#include <string.h>

void shale_below_close(struct shale_below *below)
{
	if (!below->begun)
		return;
	shale_stack_leave(&below->dir);
	shale_stack_close(&below->stack);
}

static int begin_below(struct shale_below *below, struct shale_error *err)
{
	const struct shale_apply_spec *spec = below->spec;

	if (below->begun)
		return 0;
	below->begun = true;
	below->stack = (struct shale_stack){ .roots = spec->below,
		.n = spec->n_below,
		.class = spec->class,
		.ownership = spec->ownership,
		.n_aufs = spec->n_below_aufs,
		SHALE_STACK_FRESH };
	int r = spec->n_below ? shale_stack_root(&below->stack, &below->dir) : 0;
	below->lost = r < 0 || spec->n_below == 0;
	return r < 0 ? shale_fail(err, r, "read the layers below") : 0;
}

/* Into ENTRY of the directory. */
static int go_into(
	struct shale_below *below, const struct shale_stack_entry *entry, struct shale_error *err)
{
	struct shale_stack_dir child = { .n = 0 };
	int r = shale_stack_enter(&below->dir, entry, &child, err);

	if (r < 0)
		return r;
	shale_stack_leave(&below->dir);
	below->dir = child;
	return 0;
}

int shale_below_look(struct shale_below *below, const char *path, struct stat *ret_st, int *ret_fd,
	struct shale_error *err)
{
	int r = begin_below(below, err);

	while (r == 0 && !below->lost) {
		const char *from = path + below->at;
		const size_t length = strcspn(from, "/");
		char name[NAME_MAX + 1];
		struct shale_stack_entry entry;

		snprintf(name, sizeof(name), "%.*s", (int)length, from);
		r = length > NAME_MAX ? 0 : shale_stack_lookup(&below->dir, name, &entry, err);
		below->lost = r <= 0 || entry.whiteout || !S_ISDIR(entry.st.st_mode);
		if (below->lost)
			return r < 0 ? r : 0;
		if (!from[length]) {
			*ret_st = entry.st;
			*ret_fd = shale_stack_open(&below->dir, &entry);
			return *ret_fd < 0 ? *ret_fd : 1;
		}
		r = go_into(below, &entry, err);
		below->at += length + 1;
	}
	return r;
}

int shale_below_has_dir(
	const struct shale_apply_spec *spec, const char *path, struct shale_error *err)
{
	auto_below struct shale_below below = { .spec = spec };
	auto_close int fd = -1;
	struct stat st;

	if (!*path)
		return 1;
	int r = shale_below_look(&below, path, &st, &fd, err);
	/* The target of a redirect is not looked up: it may be such a directory. */
	if (r == -EOPNOTSUPP)
		shale_error_clear(err);
	return r == -EOPNOTSUPP ? 1 : r;
}

int shale_below_each_name(
	const struct shale_apply_spec *spec, shale_below_fn *fn, void *arg, struct shale_error *err)
{
	auto_below struct shale_below below = { .spec = spec };
	auto_stack_list struct shale_stack_list names = { 0 };
	struct shale_stack_entry entry;
	int r = begin_below(&below, err);

	if (r < 0 || below.lost)
		return r;
	r = shale_stack_list(&below.dir, &names, err);
	while (r >= 0 && (r = shale_stack_list_next(&below.dir, &names, &entry, err)) > 0)
		if (!entry.whiteout)
			r = fn(arg, entry.name, err);
	return r;
}
