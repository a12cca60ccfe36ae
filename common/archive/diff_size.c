/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/archive/diff.h"

#include "common/archive/differs.h"
#include "common/archive/links.h"
#include "common/archive/walk.h"
#include "common/error.h"

#include <errno.h>

struct size {
	uint64_t bytes;
	struct shale_links links;
};

static int add_size(void *arg, struct shale_walk_dir *dir, const struct shale_stack_entry *entry,
	const char *path, struct shale_error *err)
{
	struct size *size = arg;
	struct stat inode = entry->st;
	struct shale_stack_entry below;

	/* As Docker counts: a symbolic link has the size of its target. */
	if (entry->whiteout || S_ISDIR(entry->st.st_mode))
		return 0;
	int r = shale_walk_below_entry(dir, entry->name, &below, err);
	int differs = r > 0 ? shale_diff_differs(dir, entry, &below, err) : 1;
	if (r < 0 || differs <= 0)
		return r < 0 ? r : differs;
	const char *first = shale_links_note(&size->links, &inode, path, &r);
	if (r < 0)
		return shale_fail(err, r, "add up sizes");
	if (!first &&
		__builtin_add_overflow(size->bytes, (uint64_t)entry->st.st_size, &size->bytes))
		return shale_fail(err, -EOVERFLOW, "add up sizes");
	return 0;
}

int shale_diff_size(
	const struct shale_diff_spec *spec, uint64_t *ret_bytes, struct shale_error *err)
{
	static const struct shale_walk_ops ops = { .entry = add_size };
	struct size size = { .links = SHALE_LINKS };
	struct shale_walk walk = { .spec = spec, .ops = &ops, .arg = &size };
	int r = shale_walk(&walk, err);

	shale_links_free(&size.links);
	if (r >= 0)
		*ret_bytes = size.bytes;
	return r;
}
