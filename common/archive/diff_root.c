/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/archive/diff_root.h"

#include "common/archive/diff_xattrs.h"
#include "common/cleanup.h"
#include "common/error.h"
#include "common/overlay/override.h"

#include <string.h>

/* A merged directory has the attributes of its topmost layer. */
static int read_root(const struct shale_diff_spec *spec, const struct shale_stack_dir *dir,
	struct shale_diff_root *ret, struct shale_error *err)
{
	struct shale_diff_xattrs marks;
	const int fd = dir->levels[0].fd;
	int r = sys(fstat(fd, &ret->st));

	if (r == 0 && spec->ownership == SHALE_OWNERSHIP_OVERRIDE)
		r = shale_override_get(fd, &ret->st);
	if (r < 0)
		return shale_fail(err, r, "look at the root");
	return shale_diff_xattrs(spec, fd, &ret->records, &marks, err);
}

static bool same_records(const struct shale_pax_records *a, const struct shale_pax_records *b)
{
	return a->size == b->size && (!a->size || !memcmp(a->data, b->data, a->size));
}

static void compare(struct shale_diff_root *root, const struct shale_diff_root *below)
{
	const struct stat *a = &root->st, *b = &below->st;

	root->differs = a->st_mode != b->st_mode || a->st_uid != b->st_uid ||
			a->st_gid != b->st_gid || !same_records(&root->records, &below->records);
}

int shale_diff_root(
	struct shale_walk_dir *root, struct shale_diff_root *ret, struct shale_error *err)
{
	auto_diff_root struct shale_diff_root above = { .differs = false };
	auto_diff_root struct shale_diff_root below = { .st.st_mode = S_IFDIR | 0755 };
	struct shale_stack_dir *dir;
	int r = read_root(root->walk->spec, &root->above, &above, err);

	if (r == 0)
		r = shale_walk_below(root, &dir, err);
	if (r > 0)
		r = read_root(root->walk->spec, dir, &below, err);
	if (r < 0)
		return r;
	compare(&above, &below);
	*ret = above;
	above.records = (struct shale_pax_records){ 0 };
	return 0;
}
