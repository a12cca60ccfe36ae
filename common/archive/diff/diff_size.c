/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/archive/diff/diff.h"

#include "common/archive/diff/differs.h"
#include "common/archive/diff/seen_links.h"
#include "common/archive/diff/walk.h"
#include "common/base/error.h"

#include <errno.h>

struct size {
	uint64_t bytes;
	struct links links;
};

static int add_size(void *arg, struct walk_dir *dir, const struct stack_entry *entry,
	const char *path, struct shale_error *err)
{
	struct size *size = arg;
	struct stat inode = entry->st;
	struct stack_entry below;

	/* Docker also counts the length of a symbolic link's target. */
	if (entry->whiteout || S_ISDIR(entry->st.st_mode))
		return 0;
	int r = walk_below_entry(dir, entry->name, &below, err);
	int differs = r > 0 ? diff_differs(dir, entry, &below, err) : 1;
	if (r < 0 || differs <= 0)
		return r < 0 ? r : differs;
	const char *first = seen_links_note(&size->links, &inode, path, &r);
	if (r < 0)
		return error_fail(err, r, "add up sizes");
	if (!first &&
		__builtin_add_overflow(size->bytes, (uint64_t)entry->st.st_size, &size->bytes))
		return error_fail(err, -EOVERFLOW, "add up sizes");
	return 0;
}

int diff_size(const struct diff_spec *spec, uint64_t *ret_bytes, struct shale_error *err)
{
	static const struct walk_ops ops = { .entry = add_size };
	struct size size = { .links = LINKS };
	struct walk_run walk = { .spec = spec, .ops = &ops, .arg = &size };
	int r = walk_run(&walk, err);

	seen_links_free(&size.links);
	if (r >= 0)
		*ret_bytes = size.bytes;
	return r;
}
