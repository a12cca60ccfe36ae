/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/overlay/resolve_redirects.h"

#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/overlay/copy_walk.h"
#include "common/overlay/copyup_file.h"
#include "common/overlay/opath_xattr.h"
#include "common/overlay/whiteout.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

/* One name of a directory, with the directories to read from and to write to. */
struct item {
	const struct resolve_redirects *what;
	int from; /* the directory, in the layer or in the view */
	int view; /* the same directory in the view */
	int to;
	const char *name;
	struct shale_error *err;
};

typedef int item_fn(const struct item *item);

static int open_dir(int dirfd, const char *name)
{
	return sys(openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

struct names {
	struct item item;
	item_fn *fn;
};

static int visit(void *arg, const char *name)
{
	struct names *names = arg;

	names->item.name = name;
	return names->fn(&names->item);
}

/* Calls FN for each name of the directory DIR->from. */
static int each(const struct item *dir, item_fn *fn)
{
	struct names names = { *dir, fn };

	return copy_walk_each(dir->from, dir->what->progress, visit, &names, dir->err);
}

static int has_mark(const struct item *item, int fd, const char *mark)
{
	ssize_t n = opath_xattr_get(fd, overlay_xattr(item->what->class, mark), NULL, 0);

	if (n == -ENODATA || n == -EOPNOTSUPP)
		return 0;
	return n < 0 ? (int)n : 1;
}

/* A container may keep layers of its own in this layer. Copies the marks of those layers. On the
 * disk their names have one "overlay." more than the view shows. */
static int copy_nested_marks(const struct item *item, int to, int from)
{
	char name_on_disk[OVERLAY_XATTR_NAME_MAX + 1];
	auto_free char *names = NULL;
	ssize_t size = opath_xattr_list_all(from, &names);
	int r = size < 0 && size != -EOPNOTSUPP ? (int)size : 0;

	for (char *name = names; r == 0 && name && name < names + size; name += strlen(name) + 1) {
		auto_free char *value = NULL;
		if (!xattr_is_own(item->what->class, name))
			continue;
		ssize_t n = opath_xattr_get_all(from, name, &value);
		r = n < 0 ? (int)n : xattr_escape(item->what->class, name, name_on_disk);
		if (r == 0)
			r = opath_xattr_set(to, name_on_disk, value, (size_t)n, 0);
	}
	return r;
}

static int copy(const struct item *item, int source, const struct stat *st, bool opaque)
{
	const struct copyup_run copy = { .source = source,
		.data = source,
		.st = st,
		.work = item->what->work,
		.dir = item->to,
		.name = item->name,
		.length = (uint64_t)st->st_size,
		.class = item->what->class,
		.opaque = opaque };

	auto_close int made = copyup_run(&copy, NULL);
	return made < 0 ? made : 0;
}

static int copy_marks_of_view(const struct item *item, int source, const struct stat *st)
{
	auto_close int made = sys(openat(item->to, item->name, O_PATH | O_NOFOLLOW | O_CLOEXEC));
	int r = made < 0 ? made : copy_nested_marks(item, made, source);

	return r == -EPERM && !S_ISREG(st->st_mode) && !S_ISDIR(st->st_mode) ? 0 : r;
}

/* Copies a file of the view. A file with several names is copied once, and then linked. */
static int copy_from_view(const struct item *item, int source, const struct stat *st)
{
	if (copy_walk_link(item->what->links, st, item->to, item->name))
		return 0;
	int r = copy(item, source, st, false);
	if (r == 0)
		r = copy_marks_of_view(item, source, st);
	return r < 0 ? r : copy_walk_note(item->what->links, st, item->to, item->name);
}

static int copy_tree_of_view(const struct item *item, bool opaque);

static int copy_below(const struct item *item)
{
	return copy_tree_of_view(item, false);
}

/* Copies NAME in the view with everything below it. */
static int copy_tree_of_view(const struct item *item, bool opaque)
{
	auto_close int source = sys(
		openat(item->view, item->name, O_PATH | O_NOFOLLOW | O_CLOEXEC));
	struct stat st;

	if (source < 0)
		return source;
	if (fstat(source, &st) < 0)
		return -errno;
	if (!S_ISDIR(st.st_mode))
		return copy_from_view(item, source, &st);
	int r = copy(item, source, &st, opaque);
	if (r == 0)
		r = copy_marks_of_view(item, source, &st);
	if (r < 0)
		return r;
	auto_close int from = open_dir(item->view, item->name);
	auto_close int to = open_dir(item->to, item->name);
	if (from < 0 || to < 0)
		return from < 0 ? from : to;
	const struct item dir = {
		.what = item->what, .from = from, .view = from, .to = to, .err = item->err
	};
	r = each(&dir, copy_below);
	return r < 0 ? r : copy_walk_times(to, &st);
}

/* ---- the layer itself ---- */

static int resolve_item(const struct item *item);

static int resolve_dir(const struct item *item, int source, const struct stat *st)
{
	int opaque = opaque_get(source, item->what->class);
	int r = opaque < 0 ? opaque : copy(item, source, st, opaque == OPAQUE_YES);

	if (r < 0)
		return r;
	auto_close int from = open_dir(item->from, item->name);
	auto_close int view = open_dir(item->view, item->name);
	auto_close int to = open_dir(item->to, item->name);
	if (from < 0 || view < 0 || to < 0)
		return from < 0 ? from : view < 0 ? view : to;
	if (opaque == OPAQUE_XWHITEOUTS)
		r = opath_xattr_set(to, overlay_xattr(item->what->class, "opaque"), "x", 1, 0);
	const struct item dir = {
		.what = item->what, .from = from, .view = view, .to = to, .err = item->err
	};
	if (r == 0)
		r = each(&dir, resolve_item);
	return r < 0 ? r : copy_walk_times(to, st);
}

static int resolve_item(const struct item *item)
{
	auto_close int source = sys(
		openat(item->from, item->name, O_PATH | O_NOFOLLOW | O_CLOEXEC));
	struct stat st;

	if (source < 0)
		return source;
	if (fstat(source, &st) < 0)
		return -errno;
	if (!S_ISDIR(st.st_mode) && !S_ISREG(st.st_mode))
		return sys(linkat(item->from, item->name, item->to, item->name, 0));
	int marked = has_mark(item, source, S_ISDIR(st.st_mode) ? "redirect" : "metacopy");
	if (marked < 0)
		return marked;
	if (marked)
		return copy_tree_of_view(item, true);
	return S_ISDIR(st.st_mode) ? resolve_dir(item, source, &st)
				   : sys(linkat(item->from, item->name, item->to, item->name, 0));
}

int resolve_redirects_run(const struct resolve_redirects *what, struct shale_error *err)
{
	const struct item root = {
		.what = what, .from = what->layer, .view = what->view, .to = what->to, .err = err
	};
	int r = each(&root, resolve_item);

	if (r < 0)
		return r;
	r = copy_walk_root(what->to, what->layer, what->class);
	return r < 0 ? error_fail(err, r, "the root directory") : 0;
}
