/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/archive/apply/place.h"

#include "common/archive/apply/below.h"
#include "common/archive/apply/implied_dirs.h"
#include "common/archive/apply/inroot.h"
#include "common/archive/apply/remove_tree.h"
#include "common/base/beneath.h"
#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/overlay/override.h"
#include "common/overlay/whiteout.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>

static void forget_parent(struct place *place)
{
	free(place->parent_path);
	place->parent_path = NULL;
	if (place->parent >= 0)
		close(place->parent);
	place->parent = -1;
}

/* A removal may change what a remembered path means. */
static int remove_old(struct place *place, int dirfd, const char *name, const struct stat *st,
	struct shale_error *err)
{
	int r;

	if (place->record && (S_ISDIR(st->st_mode) || S_ISREG(st->st_mode)))
		r = stream_record_replace(place->record, dirfd, name, st);
	else if (S_ISDIR(st->st_mode))
		r = place_remove_tree(dirfd, name, place->spec->root, &place->removed);
	else
		r = sys(unlinkat(dirfd, name, 0));
	free(place->parent_path);
	place->parent_path = NULL;
	way_forget(&place->way);
	return r < 0 ? error_fail(err, r, "replace what was there") : 0;
}

int place_clear(struct place *place, int dirfd, const char *name, bool for_directory,
	struct shale_error *err)
{
	struct stat st;

	int r = sys(fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW));
	if (r == -ENOENT)
		return PLACE_FREE;
	if (r < 0)
		return error_fail(err, r, "look at what is there");
	if (for_directory && S_ISDIR(st.st_mode))
		return PLACE_KEPT;
	r = remove_old(place, dirfd, name, &st, err);
	if (r < 0)
		return r;
	return stat_is_whiteout(&st) ? PLACE_WHITEOUT : PLACE_OTHER;
}

static int open_dir(int dirfd, const char *name)
{
	return sys(openat(dirfd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

int place_opaque(struct place *place, int dirfd, struct shale_error *err)
{
	int r = opaque_set(dirfd, place->spec->class);

	place->opaques = true;
	if (r == -EOPNOTSUPP)
		error_remedy(err, r, "the store's filesystem must support extended attributes");
	return r < 0 ? error_fail(err, r, "make its directory opaque") : 0;
}

static int make_opaque(struct place *place, int dirfd, const char *name, struct shale_error *err)
{
	auto_close int fd = open_dir(dirfd, name);

	if (fd < 0)
		return error_fail(err, fd, "open the directory '%s'", name);
	return place_opaque(place, fd, err);
}

int place_mkdir(struct place *place, int dirfd, const char *name, struct shale_error *err)
{
	int was = PLACE_FREE;
	int r = sys(mkdirat(dirfd, name, 0700));

	if (r == -EEXIST) {
		was = place_clear(place, dirfd, name, true, err);
		if (was < 0 || was == PLACE_KEPT)
			return was;
		r = sys(mkdirat(dirfd, name, 0700));
	}
	if (r < 0)
		return error_fail(err, r, "make the directory '%s'", name);
	if (was == PLACE_WHITEOUT)
		r = make_opaque(place, dirfd, name, err);
	return r < 0 ? r : was;
}

/* ---- parents that the stream lacks ---- */

struct making {
	struct place *place;
	const char *prefix;
	bool hidden; /* by an opaque directory above: nothing below shows through */
	bool made;
	struct implied implied;
	struct below below;
	struct shale_error *err;
};

static int make_implied(int dirfd, const char *name, void *arg)
{
	struct making *making = arg;
	struct stat st;

	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && !stat_is_whiteout(&st))
		return -ENOTDIR;
	int was = place_mkdir(making->place, dirfd, name, making->err);
	if (was < 0)
		return was;
	const bool below_counts = !making->hidden && was == PLACE_FREE;
	int r = implied_dress(&making->below, dirfd, name, making->prefix, below_counts,
		&making->implied, making->err);
	making->made = r == 0;
	return restore_explain_id(r, making->err);
}

/* PREFIX and what leads to it; what had to be made gets its date when all is unpacked. */
static int open_prefix(struct making *making, const char *prefix)
{
	struct place *place = making->place;

	making->made = false;
	making->prefix = prefix;
	auto_close int fd = way_open_dir(&place->way, prefix, make_implied, making);
	if (fd >= 0 && opaque_get(fd, place->spec->class) == OPAQUE_YES)
		making->hidden = true;
	if (!making->made)
		return steal_fd(&fd);
	struct implied *implied = &making->implied;
	if (fd < 0) {
		free(implied->acl);
		return fd;
	}
	int r = deferred_dirs_add(
		place->late, prefix, fd, implied->times, implied->acl, implied->acl_size);
	return r < 0 ? r : steal_fd(&fd);
}

/* One prefix after the other, so that each directory made is known by a name. */
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

static int open_there(struct place *place, const char *parent)
{
	int fd = way_open_dir(&place->way, parent, NULL, NULL);

	place->linked = place->way.linked;
	return fd;
}

int place_parent(struct place *place, const char *parent, struct shale_error *err)
{
	struct making making = { .place = place,
		.hidden = place->root_opaque,
		.below = { .spec = place->spec },
		.err = err };

	if (place->parent_path && !strcmp(place->parent_path, parent))
		return place->parent;
	forget_parent(place);
	int fd = open_there(place, parent);
	if (fd == -ENOENT || fd == -ENOTDIR)
		fd = make_prefixes(&making, parent);
	below_close(&making.below);
	if (fd < 0)
		return error_fail(err, fd, "open its parent directory '%s'", parent);
	forget_parent(place);
	place->parent = fd;
	place->parent_path = strdup(parent);
	return place->parent_path ? fd : error_fail(err, -ENOMEM, "remember its parent directory");
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

/* Where the parent really is, "" for the root; NULL if /proc does not tell. */
static const char *real_parent(const struct place *place, char path[PATH_MAX])
{
	char root[PATH_MAX];
	ssize_t n = read_fd_link(place->spec->root, root);

	if (n < 0 || read_fd_link(place->parent, path) < n || memcmp(path, root, (size_t)n) != 0)
		return NULL;
	const char *real = path + n + strspn(path + n, "/");
	auto_close int fd = beneath_open_dir(place->spec->root, real);
	return fd >= 0 && is_same_dir(fd, place->parent) ? real : NULL;
}

int place_path(const struct place *place, const char *parent, const char *name, char **ret)
{
	char path[PATH_MAX];

	*ret = NULL;
	if (place->linked)
		parent = real_parent(place, path);
	if (!parent || asprintf(ret, "%s%s%s", parent, *parent ? "/" : "", name) >= 0)
		return 0;
	*ret = NULL;
	return -ENOMEM;
}

/* ---- whiteouts ---- */

/* 1 if something of the stream that is no directory, and no whiteout, stands on the way PARENT. */
static int is_blocked(int root, const char *parent)
{
	auto_free char *path = strdup(parent);
	auto_close int dir = -1;
	char *save = NULL;
	struct stat st;

	if (!path)
		return -ENOMEM;
	for (char *name = strtok_r(path, "/", &save); name; name = strtok_r(NULL, "/", &save)) {
		int fd = sys(openat(dir < 0 ? root : dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC));
		if (fd < 0)
			return fd == -ENOENT ? 0 : fd;
		if (dir >= 0)
			close(dir);
		dir = fd;
		if (fstat(dir, &st) < 0)
			return -errno;
		if (!S_ISDIR(st.st_mode))
			return !stat_is_whiteout(&st);
	}
	return 0;
}

int place_hides(struct place *place, const char *parent, struct shale_error *err)
{
	int fd = beneath_open_dir(place->spec->root, parent);

	if (fd >= 0)
		close(fd);
	if (fd != -ELOOP && fd != -ENOTDIR)
		return 1;
	int r = is_blocked(place->spec->root, parent);
	return r < 0 ? error_fail(err, r, "look at its parent directory '%s'", parent) : !r;
}

static int remember_whiteout(struct place *place, const char *parent, const char *name)
{
	auto_free char *path = NULL;
	int r = place_path(place, parent, name, &path);

	/* Through a link, and /proc does not say where to: it stays, whatever it hides. */
	return r < 0 || !path ? r : pathlog_add(&place->whiteouts, path, NULL, 0);
}

int place_whiteout_in(struct place *place, int dirfd, const char *parent, const char *name,
	struct shale_error *err)
{
	struct stat st;
	int r = whiteout_make(dirfd, name);
	if (r == 0)
		r = remember_whiteout(place, parent, name);
	if (r == -EPERM)
		error_remedy(
			err, r, "a Linux kernel of 5.8 or newer lets everybody make whiteouts");
	if (r != -EEXIST)
		return r < 0 ? error_fail(err, r, "make a whiteout") : 0;
	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return error_fail(err, -errno, "look at what it hides");
	return S_ISDIR(st.st_mode) ? make_opaque(place, dirfd, name, err) : 0;
}

int place_whiteout(
	struct place *place, const char *parent, const char *name, struct shale_error *err)
{
	int hides = place_hides(place, parent, err);
	int dirfd = hides > 0 ? place_parent(place, parent, err) : hides;

	return hides <= 0 || dirfd < 0 ? dirfd : place_whiteout_in(place, dirfd, parent, name, err);
}

static int hide_name(void *arg, const char *name, struct shale_error *err)
{
	return place_whiteout(arg, "", name, err);
}

int place_hide_all(struct place *place, struct shale_error *err)
{
	return place->root_opaque ? below_each_name(place->spec, hide_name, place, err) : 0;
}

void place_close(struct place *place)
{
	forget_parent(place);
	way_close(&place->way);
	pathlog_free(&place->whiteouts);
}
