/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/archive/diff/diff_root.h"

#include "common/archive/diff/diff_xattrs.h"
#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/overlay/override.h"

#include <string.h>

/* Reads the attributes of the root from the topmost layer, as a mount shows them. */
static int read_root(const struct diff_spec *spec, const struct stack_dir *dir,
	struct diff_root *ret, struct shale_error *err)
{
	struct diff_xattrs marks;
	const int fd = dir->levels[0].fd;
	int r = sys(fstat(fd, &ret->st));

	if (r == 0 && spec->ownership == OWNERSHIP_OVERRIDE)
		r = override_get(fd, &ret->st);
	if (r < 0)
		return error_fail(err, r, "look at the root");
	return diff_xattrs(spec, fd, &ret->records, &marks, err);
}

static bool same_records(const struct pax_records *a, const struct pax_records *b)
{
	return a->size == b->size && (!a->size || !memcmp(a->data, b->data, a->size));
}

static void compare(struct diff_root *root, const struct diff_root *below)
{
	const struct stat *a = &root->st, *b = &below->st;

	root->differs = a->st_mode != b->st_mode || a->st_uid != b->st_uid ||
			a->st_gid != b->st_gid || !same_records(&root->records, &below->records);
}

int diff_root(struct walk_dir *root, struct diff_root *ret, struct shale_error *err)
{
	auto_diff_root struct diff_root above = { .differs = false };
	auto_diff_root struct diff_root below = { .st.st_mode = S_IFDIR | 0755 };
	struct stack_dir *dir;
	int r = read_root(root->walk->spec, &root->above, &above, err);

	if (r == 0)
		r = walk_below(root, &dir, err);
	if (r > 0)
		r = read_root(root->walk->spec, dir, &below, err);
	if (r < 0)
		return r;
	compare(&above, &below);
	*ret = above;
	above.records = (struct pax_records){ 0 };
	return 0;
}
