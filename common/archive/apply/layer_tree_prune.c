/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/archive/apply/layer_tree_prune.h"

#include "common/archive/apply/lower_tree.h"
#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/overlay/whiteout.h"

#include <fcntl.h>
#include <string.h>

struct pruning {
	struct layer_tree *tree;
	char *parent; /* the directory of the whiteout before */
	bool merged;  /* the layers below also have PARENT as a directory */
	struct shale_error *err;
};

/* Returns 1 if the directory FD, or one above it, is opaque. Closes FD. */
static int is_hidden(struct layer_tree *tree, int fd)
{
	auto_close int dir = fd;
	struct stat root, st;

	if (fstat(tree->spec->root, &root) < 0)
		return -errno;
	for (;;) {
		if (fstat(dir, &st) < 0)
			return -errno;
		if (st.st_dev == root.st_dev && st.st_ino == root.st_ino)
			return 0;
		int opaque = opaque_get(dir, tree->spec->class);
		if (opaque != OPAQUE_NO)
			return opaque < 0 ? opaque : 1;
		int up = sys(openat(dir, "..", O_PATH | O_DIRECTORY | O_CLOEXEC));
		if (up < 0)
			return up;
		close(dir);
		dir = up;
	}
}

/* Tells whether PARENT is merged with a lower directory. Remembers the answer, because the next
 * whiteout mostly has the same parent. */
static int is_merged(struct pruning *pruning, const char *parent)
{
	const struct apply_spec *spec = pruning->tree->spec;

	if (spec->bottom)
		return 0;
	/* The roots of the layers below are not known, so keep every whiteout. */
	if (spec->n_below == 0)
		return 1;
	if (pruning->parent && !strcmp(pruning->parent, parent))
		return pruning->merged;
	int r = lower_tree_has_dir(spec, parent, pruning->err);
	if (r < 0)
		return r;
	free(pruning->parent);
	pruning->parent = strdup(parent);
	pruning->merged = r > 0;
	return r;
}

static int hides_nothing(struct pruning *pruning, int dir, const char *parent)
{
	int r = is_merged(pruning, parent);

	if (r <= 0 || !pruning->tree->opaques)
		return r < 0 ? r : !r;
	int fd = sys(fcntl(dir, F_DUPFD_CLOEXEC, 0));
	return fd < 0 ? fd : is_hidden(pruning->tree, fd);
}

/* Sets the xattr overlay.opaque of DIR to "x", unless it is set already. A mount looks for
 * whiteouts that are files only in directories with this mark. */
static int mark_parent(const struct layer_tree *tree, int dir)
{
	int opaque = opaque_get(dir, tree->spec->class);

	return opaque == OPAQUE_NO ? xwhiteouts_set(dir, tree->spec->class)
	       : opaque < 0        ? opaque
				   : 0;
}

static int prune_one(struct pruning *pruning, const char *parent, const char *name)
{
	struct layer_tree *tree = pruning->tree;
	struct stat st;
	auto_close int dir = dir_cache_open(&tree->cache, parent, NULL, NULL);

	if (dir == -ENOENT || dir == -ENOTDIR || dir == -ELOOP)
		return 0;
	if (dir < 0)
		return dir;
	int r = sys(fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW));
	if (r == -ENOENT || (r == 0 && !layer_tree_is_whiteout(tree, dir, name, &st)))
		return 0;
	if (r == 0)
		r = hides_nothing(pruning, dir, parent);
	if (r == 0 && S_ISREG(st.st_mode))
		return mark_parent(tree, dir);
	return r > 0 ? sys(unlinkat(dir, name, 0)) : r;
}

static int prune_path(struct pruning *pruning, const char *path)
{
	auto_free char *parent = strdup(path);
	char *slash = parent ? strrchr(parent, '/') : NULL;
	const char *name = slash ? slash + 1 : path;

	if (!parent)
		return error_fail(pruning->err, -ENOMEM, "apply whiteouts");
	*(slash ? slash : parent) = 0;
	int r = prune_one(pruning, parent, name);
	return r < 0 ? error_fail(pruning->err, r, "apply entry '%.300s%s.wh.%s'", parent,
			       slash ? "/" : "", name)
		     : 0;
}

int layer_tree_prune(struct layer_tree *tree, struct shale_error *err)
{
	struct pruning pruning = { .tree = tree, .err = err };
	struct pathlog_entry entry;
	int more, r = 0;

	pathlog_rewind(&tree->whiteouts);
	while (r == 0 && (more = pathlog_next(&tree->whiteouts, &entry)) != 0)
		r = more < 0 ? error_fail(err, more, "apply whiteouts")
			     : prune_path(&pruning, entry.path);
	free(pruning.parent);
	return r;
}
