/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/archive/apply/layer_tree.h"

#include "common/archive/apply/lower_tree.h"
#include "common/archive/apply/parent_metadata.h"
#include "common/archive/apply/inroot.h"
#include "common/archive/apply/remove_tree.h"
#include "common/base/beneath.h"
#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/overlay/layer_name.h"
#include "common/overlay/override.h"
#include "common/overlay/whiteout.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>

bool layer_tree_is_whiteout(
	const struct layer_tree *tree, int dirfd, const char *name, const struct stat *st)
{
	static const struct layer_rules rules = { .xattr_whiteouts = false };

	if (layer_judge(&rules, -1, "", st) == LAYER_WHITEOUT)
		return true;
	return tree->marked && S_ISREG(st->st_mode) && st->st_size == 0 &&
	       name_has_whiteout_xattr(dirfd, name, tree->spec->class) > 0;
}

/* Tells whether the whiteout with the stat ST comes from a device 0/0 of the stream, and not from a
 * name ".wh.NAME". */
static bool was_device(const struct stat *st)
{
	return S_ISREG(st->st_mode) ? st->st_mode & S_IXUSR : stat_is_device_whiteout(st);
}

static void forget_parent(struct layer_tree *tree)
{
	free(tree->parent_path);
	tree->parent_path = NULL;
	if (tree->parent >= 0)
		close(tree->parent);
	tree->parent = -1;
}

/* Removes an older file. Also forgets cached directories, since their paths may lead elsewhere
 * after a removal. */
static int remove_old(struct layer_tree *tree, int dirfd, const char *name, const struct stat *st,
	struct shale_error *err)
{
	bool whiteout = layer_tree_is_whiteout(tree, dirfd, name, st);
	int r;

	if (tree->record && !whiteout && (S_ISDIR(st->st_mode) || S_ISREG(st->st_mode)))
		r = stream_record_replace(tree->record, dirfd, name, st);
	else if (S_ISDIR(st->st_mode))
		r = remove_tree(dirfd, name, tree->spec->root, &tree->removed);
	else
		r = sys(unlinkat(dirfd, name, 0));
	free(tree->parent_path);
	tree->parent_path = NULL;
	dir_cache_forget(&tree->cache);
	return r < 0 ? error_fail(err, r, "replace an older file") : 0;
}

int layer_tree_clear(struct layer_tree *tree, int dirfd, const char *name, bool for_directory,
	struct shale_error *err)
{
	struct stat st;

	int r = sys(fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW));
	if (r == -ENOENT)
		return NAME_FREE;
	if (r < 0)
		return error_fail(err, r, "look at what is there");
	if (for_directory && S_ISDIR(st.st_mode))
		return NAME_KEPT;
	bool whiteout = layer_tree_is_whiteout(tree, dirfd, name, &st);
	r = remove_old(tree, dirfd, name, &st, err);
	if (r < 0)
		return r;
	/* A whiteout that came from a device in the stream is like any other file: a new directory
	 * may replace it. */
	return !whiteout ? NAME_TAKEN : was_device(&st) ? NAME_FREE : NAME_WHITEOUT;
}

int layer_tree_make(struct layer_tree *tree, const struct layer_tree_target *target,
	layer_tree_make_fn *make, void *arg, struct shale_error *err)
{
	int r = make(target, arg, err);

	if (r != -EEXIST)
		return r;
	error_clear(err);
	r = layer_tree_clear(tree, target->dirfd, target->name, false, err);
	return r < 0 ? r : make(target, arg, err);
}

static int open_dir(int dirfd, const char *name)
{
	return sys(openat(dirfd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

int layer_tree_opaque(struct layer_tree *tree, int dirfd, struct shale_error *err)
{
	int r = opaque_set(dirfd, tree->spec->class);

	tree->opaques = true;
	if (r == -EOPNOTSUPP)
		error_remedy(err, r, "the store's filesystem must support extended attributes");
	return r < 0 ? error_fail(err, r, "make its directory opaque") : 0;
}

static int make_opaque(
	struct layer_tree *tree, int dirfd, const char *name, struct shale_error *err)
{
	auto_close int fd = open_dir(dirfd, name);

	if (fd < 0)
		return error_fail(err, fd, "open the directory '%s'", name);
	return layer_tree_opaque(tree, fd, err);
}

int layer_tree_mkdir(struct layer_tree *tree, int dirfd, const char *name, struct shale_error *err)
{
	int was = NAME_FREE;
	int r = sys(mkdirat(dirfd, name, 0700));

	if (r == -EEXIST) {
		was = layer_tree_clear(tree, dirfd, name, true, err);
		if (was < 0 || was == NAME_KEPT)
			return was;
		r = sys(mkdirat(dirfd, name, 0700));
	}
	if (r < 0)
		return error_fail(err, r, "make the directory '%s'", name);
	if (was == NAME_WHITEOUT)
		r = make_opaque(tree, dirfd, name, err);
	return r < 0 ? r : was;
}

/* ---- parents that the stream lacks ---- */

struct making {
	struct layer_tree *tree;
	const char *prefix;
	bool hidden; /* a directory above is opaque, so it shows nothing of the layers below */
	bool made;
	struct dir_metadata implied;
	struct lower_tree below;
	struct shale_error *err;
};

static int make_implied(int dirfd, const char *name, void *arg)
{
	struct making *making = arg;
	struct stat st;

	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		!layer_tree_is_whiteout(making->tree, dirfd, name, &st))
		return -ENOTDIR;
	int was = layer_tree_mkdir(making->tree, dirfd, name, making->err);
	if (was < 0)
		return was;
	const bool below_counts = !making->hidden && was == NAME_FREE;
	int r = copy_parent_metadata(&making->below, dirfd, name, making->prefix, below_counts,
		&making->implied, making->err);
	making->made = r == 0;
	return restore_explain_id(r, making->err);
}

/* Opens the directory PREFIX; makes it and its parents if they are missing. Times of directories
 * made here are set at the end of the stream. */
static int open_prefix(struct making *making, const char *prefix)
{
	struct layer_tree *tree = making->tree;

	making->made = false;
	making->prefix = prefix;
	auto_close int fd = dir_cache_open(&tree->cache, prefix, make_implied, making);
	if (fd >= 0 && opaque_get(fd, tree->spec->class) == OPAQUE_YES)
		making->hidden = true;
	if (!making->made)
		return steal_fd(&fd);
	struct dir_metadata *implied = &making->implied;
	if (fd < 0) {
		free(implied->acl);
		return fd;
	}
	int r = deferred_dirs_add(
		tree->deferred, prefix, fd, implied->times, implied->acl, implied->acl_size);
	return r < 0 ? r : steal_fd(&fd);
}

/* Makes the missing parents one after the other, so that the path of each is known. */
static int make_prefixes(struct making *making, const char *parent)
{
	auto_free char *prefix = strdup(parent);

	if (!prefix)
		return -ENOMEM;
	for (char *slash = strchr(prefix, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = 0;
		int fd = open_prefix(making, prefix);
		*slash = '/';
		if (fd < 0)
			return fd;
		close(fd);
	}
	return open_prefix(making, prefix);
}

static int open_there(struct layer_tree *tree, const char *parent)
{
	int fd = dir_cache_open(&tree->cache, parent, NULL, NULL);

	tree->linked = tree->cache.linked;
	return fd;
}

int layer_tree_parent(struct layer_tree *tree, const char *parent, struct shale_error *err)
{
	struct making making = { .tree = tree,
		.hidden = tree->root_opaque,
		.below = { .spec = tree->spec },
		.err = err };

	if (tree->parent_path && !strcmp(tree->parent_path, parent))
		return tree->parent;
	forget_parent(tree);
	int fd = open_there(tree, parent);
	if (fd == -ENOENT || fd == -ENOTDIR)
		fd = make_prefixes(&making, parent);
	lower_tree_close(&making.below);
	if (fd < 0)
		return error_fail(err, fd, "open its parent directory '%s'", parent);
	forget_parent(tree);
	tree->parent = fd;
	tree->parent_path = strdup(parent);
	return tree->parent_path ? fd : error_fail(err, -ENOMEM, "remember its parent directory");
}

/* ---- real paths ---- */

static ssize_t read_fd_link(int fd, char ret[PATH_MAX])
{
	char link[32];

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	ssize_t n = readlink(link, ret, PATH_MAX - 1);
	if (n < 0)
		return -errno;
	ret[n] = 0;
	return n;
}

static bool is_same_dir(int a, int b)
{
	struct stat x, y;

	return fstat(a, &x) == 0 && fstat(b, &y) == 0 && x.st_dev == y.st_dev &&
	       x.st_ino == y.st_ino;
}

/* Returns the path of the parent without links, "" for the root, or NULL if /proc does not tell
 * it. */
static const char *real_parent(const struct layer_tree *tree, char path[PATH_MAX])
{
	char root[PATH_MAX];
	ssize_t n = read_fd_link(tree->spec->root, root);

	if (n < 0 || read_fd_link(tree->parent, path) < n || memcmp(path, root, (size_t)n) != 0)
		return NULL;
	const char *real = path + n + strspn(path + n, "/");
	auto_close int fd = beneath_open_dir(tree->spec->root, real);
	return fd >= 0 && is_same_dir(fd, tree->parent) ? real : NULL;
}

/* asprintf would be slower; this is called for each file. */
static char *join(const char *parent, const char *name)
{
	char *path = malloc(strlen(parent) + strlen(name) + 2);

	if (!path)
		return NULL;
	char *end = stpcpy(path, parent);
	if (end > path)
		*end++ = '/';
	strcpy(end, name);
	return path;
}

int layer_tree_path(const struct layer_tree *tree, const char *parent, const char *name, char **ret)
{
	char path[PATH_MAX];

	*ret = NULL;
	if (tree->linked)
		parent = real_parent(tree, path);
	if (!parent)
		return 0;
	*ret = join(parent, name);
	return *ret ? 0 : -ENOMEM;
}

/* ---- whiteouts ---- */

/* Returns 1 if a component of PARENT is a file or link of the stream, so that PARENT is no
 * directory. A whiteout does not count as a file. */
static int is_blocked(const struct layer_tree *tree, const char *parent)
{
	auto_free char *path = strdup(parent);
	auto_close int dir = -1;
	char *save = NULL;
	struct stat st;

	if (!path)
		return -ENOMEM;
	for (char *name = strtok_r(path, "/", &save); name; name = strtok_r(NULL, "/", &save)) {
		int at = dir < 0 ? tree->spec->root : dir;
		auto_close int fd = sys(openat(at, name, O_PATH | O_NOFOLLOW | O_CLOEXEC));
		if (fd < 0)
			return fd == -ENOENT ? 0 : fd;
		if (fstat(fd, &st) < 0)
			return -errno;
		if (!S_ISDIR(st.st_mode))
			return !layer_tree_is_whiteout(tree, at, name, &st);
		cleanup_close(&dir);
		dir = steal_fd(&fd);
	}
	return 0;
}

int layer_tree_hides(struct layer_tree *tree, const char *parent, struct shale_error *err)
{
	int fd = beneath_open_dir(tree->spec->root, parent);

	if (fd >= 0)
		close(fd);
	if (fd != -ELOOP && fd != -ENOTDIR)
		return 1;
	int r = is_blocked(tree, parent);
	return r < 0 ? error_fail(err, r, "look at its parent directory '%s'", parent) : !r;
}

static int remember_whiteout(struct layer_tree *tree, const char *parent, const char *name)
{
	auto_free char *path = NULL;
	int r = layer_tree_path(tree, parent, name, &path);

	/* The parent was reached through a link, and /proc does not tell its path: keep the
	 * whiteout, even if it hides nothing. */
	return r < 0 || !path ? r : pathlog_add(&tree->whiteouts, path, NULL, 0);
}

/* Notes the whiteout for NAME, if R, the result of making it, is no error. */
static int note_whiteout(struct layer_tree *tree, int r, const char *parent, const char *name,
	struct shale_error *err)
{
	if (r == 0)
		r = remember_whiteout(tree, parent, name);
	if (r == -EPERM || r == -EOPNOTSUPP)
		error_remedy(err, r,
			"a Linux kernel of 5.8 or newer lets everybody make whiteouts; on an "
			"overlay (in a container) it takes 6.7, or a store on a volume");
	return r < 0 ? error_fail(err, r, "make a whiteout") : 0;
}

/* Makes a whiteout. A tree that lies on an overlay cannot store a device 0/0: there it makes an
 * empty file with the whiteout xattr. */
static int put_whiteout(struct layer_tree *tree, int dirfd, const char *name, bool device)
{
	int r = -EPERM;

	if (!tree->marked)
		r = device ? whiteout_make_device(dirfd, name) : whiteout_make(dirfd, name);
	if (r != -EPERM)
		return r;
	r = whiteout_make_marked(dirfd, name, tree->spec->class);
	if (r < 0)
		return r;
	tree->marked = true;
	return device ? sys(fchmodat(dirfd, name, 0700, 0)) : 0;
}

static int make_whiteout(struct layer_tree *tree, int dirfd, const char *parent, const char *name,
	struct shale_error *err)
{
	struct stat st;
	int r = put_whiteout(tree, dirfd, name, false);

	if (r != -EEXIST)
		return note_whiteout(tree, r, parent, name, err);
	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return error_fail(err, -errno, "look at the file that it hides");
	return S_ISDIR(st.st_mode) ? make_opaque(tree, dirfd, name, err) : 0;
}

int layer_tree_device_whiteout(struct layer_tree *tree, int dirfd, const char *parent,
	const char *name, struct shale_error *err)
{
	int r = layer_tree_clear(tree, dirfd, name, false, err);

	if (r < 0)
		return r;
	return note_whiteout(tree, put_whiteout(tree, dirfd, name, true), parent, name, err);
}

int layer_tree_whiteout(
	struct layer_tree *tree, const char *parent, const char *name, struct shale_error *err)
{
	int hides = layer_tree_hides(tree, parent, err);
	int dirfd = hides > 0 ? layer_tree_parent(tree, parent, err) : hides;

	return hides <= 0 || dirfd < 0 ? dirfd : make_whiteout(tree, dirfd, parent, name, err);
}

static int hide_name(void *arg, const char *name, struct shale_error *err)
{
	return layer_tree_whiteout(arg, "", name, err);
}

int layer_tree_hide_all(struct layer_tree *tree, struct shale_error *err)
{
	return tree->root_opaque ? lower_tree_each_name(tree->spec, hide_name, tree, err) : 0;
}

void layer_tree_close(struct layer_tree *tree)
{
	forget_parent(tree);
	dir_cache_close(&tree->cache);
	pathlog_free(&tree->whiteouts);
}
