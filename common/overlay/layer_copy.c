/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/overlay/layer_copy.h"

#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/overlay/copy_walk.h"
#include "common/overlay/copyup_file.h"
#include "common/overlay/opath_xattr.h"
#include "common/overlay/whiteout.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

/* A directory of the copied layer, the same directory of the other one, and a name in them. */
struct item {
	const struct layer_copy *what;
	int from, to;
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
	int r = names->fn(&names->item);
	return r == -ENOENT && names->item.what->live ? 0 : r;
}

/* Calls FN for each name of the directory DIR->from. */
static int each(const struct item *dir, item_fn *fn)
{
	struct names names = { *dir, fn };

	return copy_walk_each(dir->from, dir->what->progress, visit, &names, dir->err);
}

/* Tells whether the copy must not get the mark XATTR. The copy is in no index, so a stored link
 * count ("nlink") would be wrong, and the kernel gives each upper layer a uuid of its own. */
static bool stays_behind(enum xattr_class class, const char *xattr)
{
	return !strcmp(xattr, overlay_xattr(class, "nlink")) ||
	       !strcmp(xattr, overlay_xattr(class, "upper")) ||
	       !strcmp(xattr, overlay_xattr(class, "uuid"));
}

/* Copies the overlay's own xattrs, which copy-up leaves out. */
static int copy_marks(const struct layer_copy *what, int to, int from)
{
	auto_free char *names = NULL;
	ssize_t size = opath_xattr_list_all(from, &names);
	int r = size < 0 && size != -EOPNOTSUPP ? (int)size : 0;

	for (char *name = names; r == 0 && name && name < names + size; name += strlen(name) + 1) {
		auto_free char *value = NULL;
		if (!xattr_is_own(what->class, name) || stays_behind(what->class, name))
			continue;
		ssize_t n = opath_xattr_get_all(from, name, &value);
		r = n < 0 ? (int)n : opath_xattr_set(to, name, value, (size_t)n, 0);
	}
	return r;
}

static int copy_one(const struct item *item, int source, const struct stat *st)
{
	const struct copyup_run copy = { .source = source,
		.data = source,
		.st = st,
		.work = item->what->work,
		.dir = item->to,
		.name = item->name,
		.length = (uint64_t)st->st_size,
		.class = item->what->class,
		.sync_mode = SYNC_MODE_NOT }; /* the caller syncs the whole layer */

	auto_close int made = copyup_run(&copy, NULL);
	return made < 0 ? made : copy_marks(item->what, made, source);
}

/* Copies a file with several names only once. */
static int copy_file(const struct item *item, int source, const struct stat *st)
{
	if (item->what->link)
		return sys(linkat(item->from, item->name, item->to, item->name, 0));
	if (stat_is_whiteout(st) && !stat_is_device_whiteout(st))
		return whiteout_make(item->to, item->name);
	if (copy_walk_link(item->what->links, st, item->to, item->name))
		return 0;
	int r = copy_one(item, source, st);
	return r < 0 ? r : copy_walk_note(item->what->links, st, item->to, item->name);
}

static int copy_name(const struct item *item);

static int copy_dir(const struct item *item, int source, const struct stat *st)
{
	int r = copy_one(item, source, st);
	auto_close int from = r < 0 ? -1 : open_dir(item->from, item->name);
	auto_close int to = r < 0 ? -1 : open_dir(item->to, item->name);

	if (r < 0 || from < 0 || to < 0)
		return r < 0 ? r : from < 0 ? from : to;
	const struct item dir = { item->what, from, to, NULL, item->err };
	r = each(&dir, copy_name);
	return r < 0 ? r : copy_walk_times(to, st);
}

/* ---- a directory that both layers have ---- */

static int drop_whiteout(const struct item *item)
{
	struct stat st;

	if (fstatat(item->from, item->name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	int is = stat_is_whiteout(&st) ? 1 : 0;
	if (!is && S_ISREG(st.st_mode) && st.st_size == 0)
		is = name_has_whiteout_xattr(item->from, item->name, item->what->class);
	return is > 0 ? sys(unlinkat(item->from, item->name, 0)) : is;
}

/* Marks the directory opaque, because no lower directory is merged into it any more. First removes
 * its whiteouts: they hide nothing now, and those that are files would be visible in an opaque
 * directory. */
static int make_opaque(const struct item *dir)
{
	const struct item self = { dir->what, dir->to, dir->to, NULL, dir->err };
	int r = each(&self, drop_whiteout);

	return r < 0 ? r : opaque_set(dir->to, dir->what->class);
}

static int merge_dirs(const struct item *dir)
{
	struct stat st;
	int above = opaque_get(dir->to, dir->what->class);
	int below = opaque_get(dir->from, dir->what->class);

	if (above < 0 || below < 0)
		return above < 0 ? above : below;
	if (above == OPAQUE_YES)
		return 0;
	if (fstat(dir->to, &st) < 0)
		return -errno;
	int r = each(dir, copy_name);
	if (r == 0 && below == OPAQUE_YES)
		r = make_opaque(dir);
	else if (r == 0 && below == OPAQUE_XWHITEOUTS && above == OPAQUE_NO)
		r = xwhiteouts_set(dir->to, dir->what->class);
	return r < 0 ? r : copy_walk_times(dir->to, &st);
}

static int merge_dir(const struct item *item)
{
	auto_close int from = open_dir(item->from, item->name);
	auto_close int to = open_dir(item->to, item->name);

	if (from < 0 || to < 0)
		return from < 0 ? from : to;
	const struct item dir = { item->what, from, to, NULL, item->err };
	return merge_dirs(&dir);
}

/* FROM has a file or whiteout of this name, and TO has a directory. Marks that directory opaque:
 * directories further below must not be merged into it. */
static int end_merge(const struct item *item)
{
	auto_close int to = open_dir(item->to, item->name);
	const struct item dir = { item->what, -1, to, NULL, item->err };
	struct stat st;
	int opaque = to < 0 ? to : opaque_get(to, item->what->class);

	if (opaque < 0 || opaque == OPAQUE_YES)
		return opaque < 0 ? opaque : 0;
	if (fstat(to, &st) < 0)
		return -errno;
	int r = make_opaque(&dir);
	return r < 0 ? r : copy_walk_times(to, &st);
}

/* Copies NAME, unless TO has a file of that name, which hides it. Merges two directories. */
static int copy_name(const struct item *item)
{
	auto_close int source = sys(
		openat(item->from, item->name, O_PATH | O_NOFOLLOW | O_CLOEXEC));
	struct stat st, above;

	if (source < 0)
		return source;
	if (fstat(source, &st) < 0)
		return -errno;
	int r = sys(fstatat(item->to, item->name, &above, AT_SYMLINK_NOFOLLOW));
	if (r == 0 && S_ISDIR(above.st_mode))
		return S_ISDIR(st.st_mode) ? merge_dir(item) : end_merge(item);
	if (r == 0)
		return 0;
	if (r != -ENOENT)
		return r;
	return S_ISDIR(st.st_mode) ? copy_dir(item, source, &st) : copy_file(item, source, &st);
}

static int copy_root(const struct layer_copy *what)
{
	int r = copy_marks(what, what->to, what->from);

	return r < 0 ? r : copy_walk_root(what->to, what->from, what->class);
}

int layer_copy_run(const struct layer_copy *what, struct shale_error *err)
{
	const struct item root = { what, what->from, what->to, NULL, err };
	int r = what->topmost ? each(&root, copy_name) : merge_dirs(&root);

	if (r < 0)
		return r;
	r = what->topmost ? copy_root(what) : 0;
	return r < 0 ? error_fail(err, r, "the root directory") : 0;
}

/* ---- a layer without another below ---- */

static int drop_marks(const struct item *dir);

/* Removes overlayfs's xattrs. No lower layer exists, so this layer is shown without a mount, and
 * users would see the xattrs. */
static int drop_xattrs(const struct item *item, int fd)
{
	static const char *const marks[] = { "opaque", "origin", "impure", "nlink", "upper",
		"uuid" };
	int r = 0;

	for (size_t i = 0; i < sizeof(marks) / sizeof(*marks) && r == 0; i++) {
		r = opath_xattr_remove(fd, overlay_xattr(item->what->class, marks[i]));
		/* a symbolic link cannot have user. xattrs */
		if (r == -ENODATA || r == -EOPNOTSUPP || r == -EPERM)
			r = 0;
	}
	return r;
}

static int drop_marks_of_name(const struct item *item)
{
	struct stat st;

	if (fstatat(item->from, item->name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	if (!S_ISDIR(st.st_mode)) {
		int r = drop_whiteout(item);
		auto_close int file = r < 0 ? -1
					    : openat(item->from, item->name,
						      O_PATH | O_NOFOLLOW | O_CLOEXEC);
		return file < 0 ? r : drop_xattrs(item, file);
	}
	auto_close int fd = open_dir(item->from, item->name);
	const struct item dir = { item->what, fd, fd, NULL, item->err };
	return fd < 0 ? fd : drop_marks(&dir);
}

static int drop_marks(const struct item *dir)
{
	struct stat st;

	if (fstat(dir->from, &st) < 0)
		return -errno;
	int r = each(dir, drop_marks_of_name);
	if (r == 0)
		r = drop_xattrs(dir, dir->from);
	return r < 0 ? r : copy_walk_times(dir->from, &st);
}

int layer_copy_drop_marks(int root, enum xattr_class class, struct shale_error *err)
{
	const struct layer_copy what = { .class = class };
	const struct item dir = { &what, root, root, NULL, err };

	return drop_marks(&dir);
}

bool layer_copy_shares(int dir)
{
	auto_close int from = openat(dir, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	auto_close int to = openat(dir, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	return from >= 0 && to >= 0 && ftruncate(from, 4096) == 0 && ioctl(to, FICLONE, from) == 0;
}
