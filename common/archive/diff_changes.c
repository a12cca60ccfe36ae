/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/archive/diff.h"

#include "common/archive/differs.h"
#include "common/archive/walk.h"
#include "common/cleanup.h"
#include "common/error.h"

#include <string.h>

struct changes {
	struct shale_change *list; /* they own their paths */
	size_t n, room;
	bool noted; /* the last directory visited is in the list itself */
};

static int note(struct changes *changes, char kind, const char *dir, const char *name,
	struct shale_error *err)
{
	char *path = NULL;

	if (changes->n == changes->room) {
		size_t room = changes->room * 2 + 64;
		struct shale_change *list = reallocarray(changes->list, room, sizeof(*list));
		if (!list)
			return shale_fail(err, -ENOMEM, "list the changes");
		changes->list = list;
		changes->room = room;
	}
	if (asprintf(&path, "%s%s/%s", *dir ? "/" : "", dir, name) < 0)
		return shale_fail(err, -ENOMEM, "list the changes");
	changes->list[changes->n++] = (struct shale_change){ kind, path };
	return 0;
}

static int visit_whiteout(struct changes *changes, struct shale_walk_dir *dir, const char *name,
	struct shale_error *err)
{
	struct shale_stack_entry below;

	/* What a replaced directory lacks is found by listing the old one. */
	if (dir->above.hides)
		return 0;
	int r = shale_walk_below_entry(dir, name, &below, err);
	return r <= 0 ? r : note(changes, 'D', dir->above.path, name, err);
}

static int visit_entry(void *arg, struct shale_walk_dir *dir, const struct shale_stack_entry *entry,
	const char *path, struct shale_error *err)
{
	struct changes *changes = arg;
	struct shale_stack_entry below;

	(void)path;
	changes->noted = false;
	if (entry->whiteout)
		return visit_whiteout(changes, dir, entry->name, err);
	int there = shale_walk_below_entry(dir, entry->name, &below, err);
	int differs = there > 0 ? shale_diff_differs(dir, entry, &below, err) : there;
	if (differs < 0)
		return differs;
	if (there && !differs)
		return 0;
	changes->noted = true;
	return note(changes, there ? 'C' : 'A', dir->above.path, entry->name, err);
}

/* A directory that hides the one below it: what the old one showed and the new one does not. */
static int note_vanished(struct changes *changes, struct shale_walk_dir *dir,
	struct shale_stack_dir *below, struct shale_error *err)
{
	auto_stack_list struct shale_stack_list old = { 0 };
	int r = shale_stack_list(below, &old, err);

	for (size_t i = 0; r >= 0 && i < old.n; i++) {
		struct shale_stack_entry found;
		if (old.entries[i].whiteout)
			continue;
		r = shale_stack_lookup(&dir->above, old.entries[i].name, &found, err);
		if (r == 0 || (r > 0 && found.whiteout))
			r = note(changes, 'D', dir->above.path, old.entries[i].name, err);
	}
	return r;
}

static int visit_enter(void *arg, struct shale_walk_dir *dir, struct shale_error *err)
{
	struct changes *changes = arg;
	struct shale_stack_dir *below;

	dir->noted = changes->noted;
	dir->mark = changes->n;
	int r = dir->above.hides ? shale_walk_below(dir, &below, err) : 0;
	return r <= 0 ? r : note_vanished(changes, dir, below, err);
}

/* A directory that did not change itself is listed for what changed inside. */
static int visit_leave(void *arg, struct shale_walk_dir *dir, struct shale_error *err)
{
	struct changes *changes = arg;

	if (dir->noted || dir->mark == changes->n)
		return 0;
	return note(changes, 'C', dir->up->above.path, dir->name, err);
}

static int by_path(const void *left, const void *right)
{
	const struct shale_change *a = left, *b = right;

	return strcmp(a->path, b->path);
}

int shale_diff_changes(
	const struct shale_diff_spec *spec, shale_change_fn *fn, void *arg, struct shale_error *err)
{
	static const struct shale_walk_ops ops = { visit_entry, visit_enter, visit_leave };
	struct changes changes = { 0 };
	struct shale_walk walk = { .spec = spec, .ops = &ops, .arg = &changes };
	int r = shale_walk(&walk, err);

	if (r >= 0 && changes.n > 0)
		qsort(changes.list, changes.n, sizeof(*changes.list), by_path);
	for (size_t i = 0; i < changes.n; i++) {
		if (r == 0)
			r = fn(&changes.list[i], arg);
		free((char *)changes.list[i].path);
	}
	free(changes.list);
	return r;
}
