/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/merge/lookup/find.h"

#include "common/base/beneath.h"
#include "common/base/scope.h"
#include "common/overlay/aufs.h"
#include "common/overlay/chattr_flags.h"
#include "common/overlay/opath_xattr.h"
#include "common/overlay/marks.h"
#include "common/overlay/metacopy.h"
#include "common/overlay/origin.h"
#include "common/overlay/override.h"
#include "common/overlay/redirect_xattr.h"
#include "common/overlay/whiteout.h"
#include "fuse/merge/descriptors/limits.h"
#include "fuse/merge/lookup/index.h"
#include "fuse/merge/descriptors/locate.h"

#include <fcntl.h>
#include <string.h>

/* From the topmost layer down. A redirect changes the name for the layers below the one that has
 * it, and an absolute one starts again at their roots. */
struct search {
	struct fs *fs;
	struct found *found;
	const uint32_t *reals; /* the merged directory's, topmost first */
	size_t n_reals;
	size_t next;      /* of REALS, or of the layers once ROOTED */
	const char *name; /* a name, or a path of names that begins with '/' */
	bool redirected;
	bool rooted;
	bool metacopy; /* the file that was met last has its data below */
	bool stop;     /* what lies below does not count */
	size_t n_lower;
};

static uint64_t ino_of(struct fs *fs, dev_t dev, uint64_t ino)
{
	pthread_mutex_lock(&fs->table.lock);
	uint16_t filesystem = table_filesystem(&fs->table, dev);
	pthread_mutex_unlock(&fs->table.lock);
	return ino_compose(filesystem, ino);
}

/* The number of the lower inode that an upper file says it was copied up from; its own otherwise.
 */
static uint64_t ino_of_origin(struct fs *fs, int dirfd, const char *name, struct found *found)
{
	struct origin origin;
	uint64_t own = ino_of(fs, found->st.st_dev, found->st.st_ino);

	if (origin_get_at(dirfd, name, fs->options.class, &origin) != 1)
		return own;
	found->origin = true;
	uint64_t ino = origin_ino(&origin);
	for (size_t i = 1; ino && i < fs->n_layers; i++)
		if (fs->layers[i].has_uuid && origin_is_on(&origin, fs->layers[i].uuid))
			return ino_of(fs, fs->layers[i].dev, ino);
	return own;
}

/* Nothing lies below REAL that a redirect could lead to. */
static bool is_last(const struct search *search, uint32_t real)
{
	struct fs *fs = search->fs;

	if (fs->options.redirect == REDIRECT_NOFOLLOW)
		return search->next == search->n_reals;
	return real_at(&fs->table, real)->layer + 1u == fs->n_layers - fs->options.n_data;
}

/* COMPONENT, the part of the searched path with the redirect and all that follows it, is looked for
 * elsewhere from here on. */
static int follow(
	struct search *search, uint32_t real, int dirfd, const char *name, const char *component)
{
	auto_free char *redirect = NULL;
	const char *rest = component + strcspn(component, "/");
	size_t before = strlen(search->name) - strlen(component);
	int r = 0;

	if (!is_last(search, real) || (search->metacopy && search->fs->options.n_data))
		r = redirect_get_at(dirfd, name, search->fs->options.class, &redirect);
	if (r <= 0)
		return r;
	struct held *held = found_hold(
		search->found, search->fs, 0, before + strlen(redirect) + strlen(rest) + 1);
	if (!held)
		return -ENOMEM;
	search->redirected = true;
	if (*redirect != '/') {
		memcpy(held->text, search->name, before);
	} else {
		before = 0;
		search->stop = false;
		search->rooted = true;
		search->next = real_at(&search->fs->table, real)->layer + 1u;
	}
	strcpy(stpcpy(held->text + before, redirect), rest);
	search->name = held->text;
	return 0;
}

/* A list of xattrs that is too long to be read tells nothing. */
static bool has_link_count(struct fs *fs, int dirfd, const char *name)
{
	const char *xattr = overlay_xattr(fs->options.class, "nlink");

	return getxattr_at(dirfd, name, xattr, NULL, 0) >= 0;
}

static int take_topmost(struct search *search, int dirfd, const char *name, uint32_t real,
	const struct stat *st, int marks)
{
	struct fs *fs = search->fs;
	struct found *found = search->found;

	found->st = *st;
	found->where = real;
	found->upper = real_is_upper(fs, real);
	found->ino = ino_of(fs, st->st_dev, st->st_ino);
	if (found->upper && !S_ISDIR(st->st_mode) && marks & MARK_ORIGIN)
		found->ino = ino_of_origin(fs, dirfd, name, found);
	found->linked = found->upper && marks & MARK_NLINK &&
			(marks != MARK_ALL || has_link_count(fs, dirfd, name));
	if (fs->options.ownership == OWNERSHIP_OVERRIDE)
		return override_get_at(dirfd, name, &found->st);
	return 0;
}

/* Whether the directory NAME hides those below it. FLAGS gets what is worth knowing of it. */
static int look_at_marks(struct search *search, uint32_t real, int dirfd, const char *name,
	int marks, uint16_t *flags)
{
	struct fs *fs = search->fs;
	int opaque = marks & MARK_OPAQUE ? opaque_get_at(dirfd, name, fs->options.class)
					 : OPAQUE_NO;

	bool upper = real_is_upper(fs, real);
	bool xwhiteouts = opaque == OPAQUE_XWHITEOUTS && !upper;

	*flags = (uint16_t)((xwhiteouts ? REAL_XWHITEOUTS : 0) |
			    (marks & MARK_IMPURE ? REAL_IMPURE : 0));
	if (opaque == OPAQUE_NO && fs->options.aufs && !upper) {
		int hides = aufs_is_opaque(dirfd, name);

		/* What this process may not enter shows nothing, of other layers neither; but it
		 * is there, and its owner may change its mode. */
		opaque = hides > 0 || hides == -EACCES ? OPAQUE_YES : hides;
	}
	return opaque;
}

static int look_at_directory(struct search *search, int dirfd, const char *name,
	const char *component, uint32_t real, int marks)
{
	struct found *found = search->found;
	struct spot *spot = &found->dirs[found->n_dirs];
	int opaque = look_at_marks(search, real, dirfd, name, marks, &spot->flags);

	if (opaque < 0)
		return opaque;
	if (real_is_upper(search->fs, real)) {
		found->origin = marks & MARK_ORIGIN;
		found->opaque = opaque == OPAQUE_YES;
	}
	spot->parent = real;
	spot->name = component;
	found->n_dirs++;
	if (opaque == OPAQUE_YES) {
		search->stop = true;
		return 0;
	}
	return marks & MARK_REDIRECT ? follow(search, real, dirfd, name, component) : 0;
}

static int look_at_file(struct search *search, int dirfd, const char *name, const char *component,
	uint32_t real, const struct stat *st, int marks)
{
	struct found *found = search->found;
	int metacopy = S_ISREG(st->st_mode) && marks & MARK_METACOPY
			       ? metacopy_get_at(dirfd, name, search->fs->options.class)
			       : 0;

	if (metacopy < 0)
		return metacopy;
	if (!metacopy) {
		search->stop = true;
		if (search->metacopy) {
			found->data = (struct spot){ .parent = real, .name = component };
			found->st.st_blocks = st->st_blocks;
		}
		search->metacopy = false;
		return 0;
	}
	search->metacopy = true;
	return marks & MARK_REDIRECT ? follow(search, real, dirfd, name, component) : 0;
}

/* What is neither a directory nor a regular file can only have been copied up, and then its
 * directory says so, but for the few that were moved since. */
static bool may_have_marks(struct fs *fs, uint32_t real, const struct stat *st)
{
	return S_ISDIR(st->st_mode) || S_ISREG(st->st_mode) ||
	       fs_real_flags(fs, real) & REAL_IMPURE;
}

static int has_aufs_whiteout(struct fs *fs, uint32_t real, int dirfd, const char *name)
{
	return fs->options.aufs && !real_is_upper(fs, real) &&
			       !(fs_real_flags(fs, real) & REAL_NO_AUFS)
		       ? aufs_has_whiteout(dirfd, name)
		       : 0;
}

/* A whiteout, or what fits to nothing above it, ends the search. */
static bool is_end(struct search *search, const struct stat *st)
{
	struct found *found = search->found;

	if (!found->where)
		return false;
	return found->n_dirs ? !S_ISDIR(st->st_mode) : !S_ISREG(st->st_mode);
}

/* In any directory: its mark "x" only tells who lists it to look for them, as for the kernel. */
static bool is_xattr_whiteout(
	struct search *search, int dirfd, const char *name, const struct stat *st, int marks)
{
	return S_ISREG(st->st_mode) && !st->st_size && marks & MARK_WHITEOUT &&
	       name_is_xattr_whiteout(dirfd, name, search->fs->options.class) == 1;
}

/* Before it is asked for its attributes: what is mounted in a layer may be this very mount, which
 * would have to answer. */
static int look_for_mount(struct fs *fs, uint32_t real, int dirfd, const char *name)
{
	uint16_t layer = real_at(&fs->table, real)->layer;

	if (fs->layers[layer].private)
		return 0;
	auto_close int fd = with_room(fs, fs_open_in(fs, layer, dirfd, name, O_PATH));
	return fd == -EXDEV ? fd : 0;
}

/* The last part of the path, COMPONENT, in the real directory REAL. */
static int look(struct search *search, uint32_t real, const char *component)
{
	auto_ref struct ref dir = REF_NONE;
	struct fs *fs = search->fs;
	struct found *found = search->found;
	struct stat st;
	int r = component_check(component, strlen(component)), marks = 0;
	int fd = r < 0 ? r : fs_real_fd(fs, real, &dir);
	bool protected;

	if (fd < 0)
		return fd;
	if (fs->options.aufs && !real_is_upper(fs, real) && aufs_is_mark(component))
		return 0;
	r = look_for_mount(fs, real, fd, component);
	if (r == 0)
		r = stat_at(fd, component, &st, &protected);
	if (r < 0) {
		if (r != -ENOENT && r != -ENAMETOOLONG)
			return r;
		r = has_aufs_whiteout(fs, real, fd, component);
		search->stop |= r > 0;
		return r < 0 ? r : 0;
	}
	if (stat_is_whiteout(&st) || is_end(search, &st)) {
		search->stop = true;
		return 0;
	}
	if (may_have_marks(fs, real, &st) &&
		(marks = marks_get_at(fd, component, fs->options.class)) < 0)
		return marks;
	if (is_xattr_whiteout(search, fd, component, &st, marks)) {
		search->stop = true;
		return 0;
	}
	search->n_lower += !real_is_upper(fs, real);
	if (!found->where) {
		r = take_topmost(search, fd, component, real, &st, marks);
		if (r < 0)
			return r;
		/* What upper files are not themselves, an xattr of theirs may say. */
		found->unprotected = !protected && !found->upper;
	} else if (found->n_dirs == 1 && found->upper) {
		/* A merged directory keeps the number that it had before it was copied up. */
		found->ino = ino_of(fs, st.st_dev, st.st_ino);
	}
	if (!S_ISDIR(st.st_mode))
		return look_at_file(search, fd, component, component, real, &st, marks);
	r = look_at_directory(search, fd, component, component, real, marks);
	if (r == 0)
		r = has_aufs_whiteout(fs, real, fd, component);
	search->stop |= r > 0;
	return r < 0 ? r : 0;
}

/* A directory on the way of an absolute redirect. 1: REAL is it now; 0: there is none. */
static int step(struct search *search, uint32_t *real, const char *name, const char *component)
{
	auto_ref struct ref dir = REF_NONE;
	struct fs *fs = search->fs;
	struct stat st;
	uint16_t flags;
	int r = component_check(name, strlen(name));
	int fd = r < 0 ? r : fs_real_fd(fs, *real, &dir);

	if (fd < 0)
		return fd;
	if (fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISDIR(st.st_mode)) {
		search->stop = true;
		return 0;
	}
	int marks = marks_get_at(fd, name, fs->options.class);
	int opaque = marks < 0 ? marks : look_at_marks(search, *real, fd, name, marks, &flags);
	if (opaque < 0)
		return opaque;
	if (opaque == OPAQUE_YES)
		search->stop = true;
	else if (marks & MARK_REDIRECT && (r = follow(search, *real, fd, name, component)) < 0)
		return r;
	pthread_mutex_lock(&fs->table.lock);
	uint16_t layer = real_at(&fs->table, *real)->layer;
	uint32_t child = real_add(&fs->table, layer, *real, name, 0);
	if (child)
		real_at(&fs->table, child)->flags = flags;
	pthread_mutex_unlock(&fs->table.lock);
	if (!child || !found_hold(search->found, fs, child, 0))
		return -ENOMEM;
	*real = child;
	return 1;
}

static int look_at_path(struct search *search, uint32_t real)
{
	const char *component = search->name + 1;
	char name[NAME_SIZE];

	for (;;) {
		size_t length = strcspn(component, "/");
		if (!component[length])
			return look(search, real, component);
		if (length >= sizeof(name))
			return 0;
		memcpy(name, component, length);
		name[length] = 0;
		int r = step(search, &real, name, component);
		if (r <= 0)
			return r;
		component += length + 1;
	}
}

/* The next real directory to look in, or 0. */
static uint32_t next_real(struct search *search)
{
	struct fs *fs = search->fs;

	if (!search->rooted)
		return search->next < search->n_reals ? search->reals[search->next++] : 0;
	return search->next < fs->n_layers - fs->options.n_data ? fs->layers[search->next++].real
								: 0;
}

/* Who made a layer may not lead a mount that was not asked for it elsewhere. */
static bool may_follow(const struct search *search)
{
	const struct fs_options *options = &search->fs->options;

	return (!search->metacopy || options->metacopy) &&
	       (!search->redirected || options->redirect != REDIRECT_NOFOLLOW);
}

/* Layers that are asked for the data of metacopies only. */
static int look_in_data_layers(struct search *search)
{
	struct fs *fs = search->fs;
	int r = 0;

	for (size_t i = fs->n_layers - fs->options.n_data; i < fs->n_layers && r == 0; i++) {
		search->stop = false;
		r = look_at_path(search, fs->layers[i].real);
		if (search->found->data.parent)
			return r;
	}
	search->found->no_data = true;
	search->metacopy = false;
	return r;
}

static int find_data(struct search *search)
{
	bool path = search->redirected && *search->name == '/';

	if (search->metacopy && search->n_lower && search->fs->options.n_data && path)
		return look_in_data_layers(search);
	if (!may_follow(search))
		return -EPERM;
	return search->metacopy ? -EIO : 0;
}

/* Without an index, other names of what a link was copied up from may show the origin's number, and
 * are other files. */
static int find_in_index(struct fs *fs, const char *name, struct found *found)
{
	int r = 0;

	if (fs->index && found->where && !found->n_dirs)
		r = fs_index_find(fs, name, found);
	if (r == 0 && found->linked && !found->indexed)
		found->ino = ino_of(fs, found->st.st_dev, found->st.st_ino);
	return r;
}

int fs_find(struct fs *fs, const uint32_t *reals, size_t n, const char *name, struct found *ret)
{
	struct search search = {
		.fs = fs, .found = ret, .reals = reals, .n_reals = n, .name = name
	};
	uint32_t real;
	int r = 0;

	ret->copied_up = atomic_load(&fs->copied_up);
	if (strlen(name) >= NAME_SIZE)
		return -ENAMETOOLONG;
	if ((r = component_check(name, strlen(name))) < 0)
		return r;
	while (r == 0 && !search.stop && (real = next_real(&search))) {
		if (!may_follow(&search))
			return -EPERM;
		r = *search.name == '/' ? look_at_path(&search, real)
					: look(&search, real, search.name);
	}
	if (r == 0)
		r = find_data(&search);
	if (r == 0)
		r = find_in_index(fs, name, ret);
	if (r < 0)
		return r;
	return ret->where ? 0 : -ENOENT;
}

int fs_find_lower(struct fs *fs, uint32_t node, const char *name, struct found *ret)
{
	uint32_t reals[MOST_LAYERS];
	size_t n = fs_reals(fs, node, reals);
	size_t skip = n && real_is_upper(fs, reals[0]) ? 1 : 0;

	return fs_find(fs, reals + skip, n - skip, name, ret);
}
