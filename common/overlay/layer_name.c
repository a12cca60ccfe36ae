/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/overlay/layer_name.h"

#include "common/base/scope.h"
#include "common/overlay/aufs.h"
#include "common/overlay/chattr_flags.h"
#include "common/overlay/engine_marks.h"
#include "common/overlay/marks.h"
#include "common/overlay/metacopy.h"
#include "common/overlay/opath_xattr.h"
#include "common/overlay/override.h"
#include "common/overlay/redirect_xattr.h"
#include "common/overlay/whiteout.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>

int layer_judge(const struct layer_rules *rules, int dirfd, const char *name, const struct stat *st)
{
	if (rules->aufs && aufs_is_mark(name))
		return LAYER_MARK;
	if (rules->engine && engine_mark_is(name, st))
		return LAYER_MARK;
	if (S_ISDIR(st->st_mode))
		return LAYER_DIRECTORY;
	if (stat_is_whiteout(st))
		return LAYER_WHITEOUT;
	if (!rules->xattr_whiteouts || !S_ISREG(st->st_mode) || st->st_size)
		return LAYER_FILE;
	int r = name_has_whiteout_xattr(dirfd, name, rules->class);
	return r < 0 ? r : r ? LAYER_WHITEOUT : LAYER_FILE;
}

int layer_judge_listed(
	const struct layer_rules *rules, int dirfd, const char *name, unsigned char type)
{
	bool matters = type == DT_UNKNOWN || type == DT_CHR ||
		       (type == DT_REG && rules->xattr_whiteouts) ||
		       (rules->engine && aufs_is_mark(name));
	struct stat st = { .st_mode = DTTOIF(type) };

	if (matters && fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		matters = false;
	if (!matters)
		return rules->aufs && aufs_is_mark(name) ? LAYER_MARK
		       : type == DT_DIR                  ? LAYER_DIRECTORY
							 : LAYER_FILE;
	int kind = layer_judge(rules, dirfd, name, &st);
	return kind < 0 ? LAYER_FILE : kind;
}

int layer_judge_at(const struct layer_rules *rules, int dirfd, const char *name)
{
	struct stat st;

	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? LAYER_NOTHING : -errno;
	return layer_judge(rules, dirfd, name, &st);
}

/* Whether NAME is, or was, in an index. If the list of its xattrs is too long to read, asks for the
 * xattr itself. */
static bool is_linked(const struct layer_query *query, int dirfd, const char *name, int marks)
{
	if (!query->upper || !(marks & MARK_NLINK))
		return false;
	if (marks != MARK_ALL)
		return true;
	return opath_xattr_get_at(
		       dirfd, name, overlay_xattr(query->rules.class, "nlink"), NULL, 0) >= 0;
}

static int read_origin(
	const struct layer_query *query, int dirfd, const char *name, struct origin *ret)
{
	const char *xattr = overlay_xattr(query->rules.class, "origin");

	return origin_parse(
		opath_xattr_get_at(dirfd, name, xattr, ret->bytes, sizeof(ret->bytes)), ret);
}

static int read_topmost(
	const struct layer_query *query, int dirfd, const char *name, struct layer_name *ret)
{
	char value[128];

	ret->linked = is_linked(query, dirfd, name, ret->marks);
	if (query->has_origins && !S_ISDIR(ret->st.st_mode) && ret->marks & MARK_ORIGIN) {
		int r = read_origin(query, dirfd, name, &ret->origin);
		ret->has_origin = r == 1;
		ret->refused = r == -EACCES;
	}
	if (!query->override)
		return 0;
	ret->shown = ret->st;
	ssize_t n = opath_xattr_get_at(dirfd, name, OVERRIDE_XATTR, value, sizeof(value) - 1);
	if (n == -ENODATA)
		n = opath_xattr_get_at(
			dirfd, name, ENGINE_OVERRIDE_XATTR, value, sizeof(value) - 1);
	return override_apply(n, value, &ret->shown);
}

static int read_opaque(
	const struct layer_query *query, int dirfd, const char *name, struct layer_name *ret)
{
	char value[2];
	int opaque = OPAQUE_NO;

	if (ret->marks & MARK_OPAQUE) {
		const char *xattr = overlay_xattr(query->rules.class, "opaque");
		opaque = opaque_parse(
			opath_xattr_get_at(dirfd, name, xattr, value, sizeof(value)), value);
	}
	if (opaque == OPAQUE_NO && ret->marks & MARK_ENGINE_OPAQUE)
		opaque = opaque_parse(
			opath_xattr_get_at(dirfd, name, ENGINE_OPAQUE_XATTR, value, sizeof(value)),
			value);
	ret->xattr_whiteouts = opaque == OPAQUE_XWHITEOUTS;
	/* fuse-overlayfs may have made a file in the directory that marks it opaque. But a
	 * directory with an origin was copied up, so it is merged with the lower one. */
	if (opaque == OPAQUE_NO && query->opaque_file && !(ret->marks & MARK_ORIGIN)) {
		int hides = engine_is_opaque(dirfd, name);
		opaque = hides == -EACCES ? OPAQUE_NO : hides > 0 ? OPAQUE_YES : hides;
	}
	if (opaque == OPAQUE_NO && query->rules.aufs) {
		int hides = aufs_is_opaque(dirfd, name);

		/* EACCES: this process cannot enter the directory to look for marks. Treat the
		 * directory as opaque: it still exists, and its owner may change its mode, but
		 * lower layers show nothing in it. */
		opaque = hides > 0 || hides == -EACCES ? OPAQUE_YES : hides;
	}
	ret->opaque = ret->hides = opaque == OPAQUE_YES;
	return opaque < 0 ? opaque : 0;
}

static int has_mark_beside(const struct layer_query *query, int dirfd, const char *name)
{
	if (!query->aufs_beside)
		return 0;
	return query->rules.engine ? engine_has_whiteout(dirfd, name)
				   : aufs_has_whiteout(dirfd, name);
}

static int read_directory(
	const struct layer_query *query, int dirfd, const char *name, struct layer_name *ret)
{
	int r = read_opaque(query, dirfd, name, ret);

	if (r < 0)
		return r;
	r = has_mark_beside(query, dirfd, name);
	if (r < 0)
		return r;
	ret->hides |= r > 0;
	if (ret->opaque || !query->redirect || !(ret->marks & MARK_REDIRECT))
		return 0;
	return redirect_get_at(dirfd, name, query->rules.class, &ret->redirect);
}

static int read_file(
	const struct layer_query *query, int dirfd, const char *name, struct layer_name *ret)
{
	int metacopy = 0;

	if (S_ISREG(ret->st.st_mode) && ret->marks & MARK_METACOPY) {
		const char *xattr = overlay_xattr(query->rules.class, "metacopy");
		metacopy = metacopy_parse(
			opath_xattr_get_at(dirfd, name, xattr, NULL, 0), query->rules.class);
	}
	if (metacopy < 0)
		return metacopy;
	ret->metacopy = metacopy;
	ret->hides = !metacopy;
	if (!metacopy || !query->metacopy_redirect || !(ret->marks & MARK_REDIRECT))
		return 0;
	return redirect_get_at(dirfd, name, query->rules.class, &ret->redirect);
}

static int read_absent(const struct layer_query *query, int dirfd, const char *name, int why,
	struct layer_name *ret)
{
	if (why != -ENOENT && why != -ENAMETOOLONG)
		return why;
	int r = has_mark_beside(query, dirfd, name);
	if (r > 0) {
		ret->kind = LAYER_WHITEOUT;
		ret->hides = true;
	}
	return r < 0 ? r : 0;
}

/* Reads the marks of NAME. Devices, pipes and links have marks only if they were copied up. Then
 * their directory has a mark too, except if they were moved since. */
static int read_marks(const struct layer_query *query, int dirfd, const char *name, mode_t mode)
{
	if (!S_ISDIR(mode) && !S_ISREG(mode) && !query->special_marks)
		return 0;
	return marks_get_at(dirfd, name, query->rules.class);
}

/* Tells whether the lookup ends in this layer: NAME is a whiteout, or its type cannot be merged
 * with the name above it. */
static bool is_end(
	const struct layer_query *query, int dirfd, const char *name, const struct layer_name *ret)
{
	/* A lookup accepts xattr whiteouts in any directory. Only a listing needs the mark "x" of
	 * the directory, as in the kernel. */
	const struct layer_rules rules = { .class = query->rules.class,
		.xattr_whiteouts = ret->marks & MARK_WHITEOUT };

	return (query->fits && (ret->st.st_mode & S_IFMT) != query->fits) ||
	       layer_judge(&rules, dirfd, name, &ret->st) == LAYER_WHITEOUT;
}

int layer_name_read(
	const struct layer_query *query, int dirfd, const char *name, struct layer_name *ret)
{
	ret->kind = LAYER_NOTHING;
	ret->hides = ret->opaque = ret->xattr_whiteouts = ret->metacopy = false;
	ret->linked = ret->has_origin = ret->refused = false;
	ret->redirect = NULL;
	ret->marks = 0;
	if (query->rules.aufs && aufs_is_mark(name))
		return 0;
	int r = chattr_flags_stat_at(dirfd, name, &ret->st, &ret->protected);
	if (r < 0)
		return read_absent(query, dirfd, name, r, ret);
	if (query->rules.engine && engine_mark_is(name, &ret->st))
		return 0;
	if (is_end(query, dirfd, name, ret) ||
		((ret->marks = read_marks(query, dirfd, name, ret->st.st_mode)) > 0 &&
			ret->marks & MARK_WHITEOUT && is_end(query, dirfd, name, ret))) {
		ret->kind = LAYER_WHITEOUT;
		ret->hides = true;
		return 0;
	}
	if (ret->marks < 0)
		return ret->marks;
	r = query->topmost ? read_topmost(query, dirfd, name, ret) : 0;
	if (r < 0)
		return r;
	ret->kind = S_ISDIR(ret->st.st_mode) ? LAYER_DIRECTORY : LAYER_FILE;
	r = ret->kind == LAYER_DIRECTORY ? read_directory(query, dirfd, name, ret)
					 : read_file(query, dirfd, name, ret);
	return r < 0 ? r : 0;
}
