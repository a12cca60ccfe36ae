/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/archive/diff/diff.h"

#include "common/archive/diff/diff_root.h"
#include "common/archive/diff/differs.h"
#include "common/archive/diff/walk.h"
#include "common/base/scope.h"
#include "common/base/error.h"

#include <string.h>

struct changes {
	struct sorter_pool pool;
	struct sorter list; /* paths of the changes; the tag of each is its kind: 'A', 'C' or 'D' */
	uint64_t n;
	bool noted; /* the directory that is being visited is in the list already */
};

/* Notes a change of NAME in DIR, or of DIR itself if NAME is NULL. */
static int note(struct changes *changes, char kind, struct walk_dir *dir, const char *name,
	struct shale_error *err)
{
	const char *path = stack_path(&dir->above, name);
	int r = path ? sorter_add(&changes->list, path, 0, (uint32_t)kind) : -ENOMEM;

	changes->n++;
	return r < 0 ? error_fail(err, r, "list the changes") : 0;
}

static int visit_whiteout(
	struct changes *changes, struct walk_dir *dir, const char *name, struct shale_error *err)
{
	struct stack_entry below;

	/* The new directory hides the old one: list the old one, to find the names that the new
	 * one lacks. */
	if (dir->above.hides)
		return 0;
	int r = walk_below_entry(dir, name, &below, err);
	return r <= 0 ? r : note(changes, 'D', dir, name, err);
}

static int visit_root(void *arg, struct walk_dir *dir, struct shale_error *err)
{
	auto_diff_root struct diff_root root = { .differs = false };
	/* Without layers below the root would always count as new, so do not list it. */
	int r = dir->walk->below.n ? diff_root(dir, &root, err) : 0;

	return r < 0 || !root.differs ? r : note(arg, 'C', dir, NULL, err);
}

static int visit_entry(void *arg, struct walk_dir *dir, const struct stack_entry *entry,
	const char *path, struct shale_error *err)
{
	struct changes *changes = arg;
	struct stack_entry below;

	(void)path;
	changes->noted = false;
	/* A tar has no sockets. List a socket like a whiteout, because it hides the lower name. */
	if (entry->whiteout || S_ISSOCK(entry->st.st_mode))
		return visit_whiteout(changes, dir, entry->name, err);
	int there = walk_below_entry(dir, entry->name, &below, err);
	int differs = there > 0 ? diff_differs(dir, entry, &below, err) : there;
	if (differs < 0)
		return differs;
	if (there && !differs)
		return 0;
	changes->noted = true;
	return note(changes, there ? 'C' : 'A', dir, entry->name, err);
}

/* Lists the names of the directory below that are gone because DIR hides it. */
static int note_vanished(struct changes *changes, struct walk_dir *dir, struct stack_dir *below,
	struct shale_error *err)
{
	auto_stack_list struct stack_list names = { 0 };
	struct stack_entry old, found;
	int r = stack_list(below, &names, err);

	while (r >= 0 && (r = stack_list_next(below, &names, &old, err)) > 0) {
		if (old.whiteout)
			continue;
		r = stack_lookup(&dir->above, old.name, &found, err);
		if (r == 0 || (r > 0 && (found.whiteout || S_ISSOCK(found.st.st_mode))))
			r = note(changes, 'D', dir, old.name, err);
	}
	return r;
}

static int visit_enter(void *arg, struct walk_dir *dir, struct shale_error *err)
{
	struct changes *changes = arg;
	struct stack_dir *below;

	dir->noted = changes->noted;
	dir->mark = changes->n;
	int r = dir->above.hides ? walk_below(dir, &below, err) : 0;
	return r <= 0 ? r : note_vanished(changes, dir, below, err);
}

/* After the contents of a directory: lists the directory as changed if anything inside changed and
 * it is not in the list already. */
static int visit_leave(void *arg, struct walk_dir *dir, struct shale_error *err)
{
	struct changes *changes = arg;

	if (dir->noted || dir->mark == changes->n)
		return 0;
	return note(changes, 'C', dir, NULL, err);
}

static int tell(struct changes *changes, shale_change_fn *fn, void *arg, struct shale_error *err)
{
	struct sorted path;
	int told = 0, r = sorter_finish(&changes->list);

	while (r >= 0 && told == 0 && (r = sorter_next(&changes->list, &path)) > 0) {
		auto_free char *absolute = malloc(strlen(path.text) + 2);
		if (!absolute) {
			r = -ENOMEM;
			break;
		}
		sprintf(absolute, "/%s", path.text);
		const struct shale_change change = { (char)path.tag, absolute };
		told = fn(&change, arg);
	}
	return r < 0 ? error_fail(err, r, "list the changes") : told;
}

int diff_changes(
	const struct diff_spec *spec, shale_change_fn *fn, void *arg, struct shale_error *err)
{
	static const struct walk_ops ops = {
		.root = visit_root, .entry = visit_entry, .enter = visit_enter, .leave = visit_leave
	};
	struct changes changes = { .pool = SORTER_POOL };
	struct walk_run walk = { .spec = spec, .ops = &ops, .arg = &changes };

	changes.list.pool = &changes.pool;
	int r = walk_run(&walk, err);
	if (r >= 0)
		r = tell(&changes, fn, arg, err);
	sorter_free(&changes.list);
	sorter_pool_close(&changes.pool);
	return r;
}
