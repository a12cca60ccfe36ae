/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/merge/clones.h"

#include "common/base/beneath.h"
#include "common/base/error.h"
#include "common/base/scope.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

/* A directory that was opened: of a layer, or the work directory. */
struct opened {
	int fd;
	char *path; /* absolute path; NULL: unknown */
	struct statx st;
	bool lower;
	struct group *group;
};

/* Directories that are on one mount. */
struct group {
	uint64_t mount;
	bool lower;
	const char *path; /* path of a directory of the group */
	/* The first LENGTH bytes of PATH are the nearest common parent of all directories of the
	 * group, or one of them if it contains the others. */
	size_t length;
	int clone;
};

struct clones {
	struct opened *opened;
	struct group *groups;
	size_t n, n_groups;
	char here[PATH_MAX]; /* working directory; "": unknown */
	bool has_links;      /* one of the paths opened before was a symbolic link */
};

static void free_clones(struct clones *clones)
{
	for (size_t i = 0; clones->opened && i < clones->n; i++) {
		cleanup_close(&clones->opened[i].fd);
		free(clones->opened[i].path);
	}
	for (size_t i = 0; i < clones->n_groups; i++)
		cleanup_close(&clones->groups[i].clone);
	free(clones->opened);
	free(clones->groups);
}

/* Reads inode and mount of a directory. If statx is missing or refused, the mount is unknown. */
static int stat_dir(int fd, struct statx *ret)
{
	struct stat st;

	if (statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_INO | STATX_MNT_ID, ret) == 0)
		return 0;
	if (fstat(fd, &st) < 0)
		return -errno;
	*ret = (struct statx){ .stx_ino = st.st_ino,
		.stx_dev_major = major(st.st_dev),
		.stx_dev_minor = minor(st.st_dev) };
	return 0;
}

static char *path_of(int fd)
{
	char link[32], path[PATH_MAX];

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	ssize_t n = readlink(link, path, sizeof(path) - 1);
	if (n <= 0 || *path != '/')
		return NULL;
	path[n] = 0;
	return strdup(path);
}

/* Returns the length in A of the longest common parent of the paths A and B, which may be A or
 * B. */

static size_t common_length(const char *a, size_t length, const char *b)
{
	size_t i = 0;

	while (i < length && a[i] == b[i])
		i++;
	if (i == length && (!b[i] || b[i] == '/'))
		return i;
	if (!b[i] && a[i] == '/')
		return i;
	while (i > 0 && a[--i] != '/')
		;
	return i;
}

static void join_group(struct clones *clones, struct opened *opened)
{
	uint64_t mount = opened->st.stx_mnt_id;
	struct group *group = clones->groups, *end = group + clones->n_groups;

	while (group < end && (group->mount != mount || group->lower != opened->lower))
		group++;
	opened->group = group;
	if (group < end) {
		group->length = common_length(group->path, group->length, opened->path);
		return;
	}
	*group = (struct group){ .mount = mount,
		.lower = opened->lower,
		.path = opened->path,
		.length = strlen(opened->path),
		.clone = -1 };
	clones->n_groups++;
}

/* Removes empty components, "." and ".." from an absolute path. The path must have no symbolic
 * links. */
static void normalise(char *path)
{
	char *end = path, *rest = path, *name;

	while ((name = component_next(&rest))) {
		size_t length = strlen(name);
		if (!strcmp(name, ".."))
			while (end > path && *--end != '/')
				;
		else if (strcmp(name, ".") != 0) {
			*end++ = '/';
			memmove(end, name, length);
			end += length;
		}
	}
	*end = 0;
}

/* Opens the absolute PATH if no part of it is a symbolic link, and sets RET's path. */
static int open_plain(const char *path, struct opened *ret)
{
	int fd = beneath_openat2(AT_FDCWD, path, O_PATH | O_DIRECTORY, RESOLVE_NO_SYMLINKS);

	ret->path = fd < 0 ? NULL : strdup(path);
	if (ret->path)
		normalise(ret->path);
	return fd;
}

/* Opens the target of the symbolic link PATH if its text begins with "..", as in engines' stores.
 * Refuses other links: a magic link of /proc leads elsewhere than its text says, but its text never
 * begins like this. */
static int open_target(const char *path, struct opened *ret)
{
	char target[2 * PATH_MAX];
	const char *slash = strrchr(path, '/');
	size_t before = (size_t)(slash - path) + 1;

	if (before >= PATH_MAX)
		return -ENAMETOOLONG;
	memcpy(target, path, before);
	ssize_t n = readlink(path, target + before, PATH_MAX - 1);
	if (n < 3 || strncmp(target + before, "../", 3) != 0)
		return -ELOOP;
	target[before + (size_t)n] = 0;
	return open_plain(target, ret);
}

/* Opens PATH and finds RET's path from PATH alone: to ask /proc would take longer than all the
 * rest. Returns -ELOOP if that is impossible. */
static int open_known(struct clones *clones, const char *path, struct opened *ret)
{
	char text[2 * PATH_MAX];
	const char *before = *path == '/' ? "" : clones->here;

	if (!*path || (*path != '/' && *before != '/') ||
		strlen(before) + strlen(path) + 2 > sizeof(text))
		return -ELOOP;
	sprintf(text, "%s/%s", before, path);
	bool links = clones->has_links;
	int fd = links ? open_target(text, ret) : open_plain(text, ret);
	if (fd != -ELOOP)
		return fd;
	fd = links ? open_plain(text, ret) : open_target(text, ret);
	/* Remember this for the next layer: mostly all paths of a mount are links, or none is. */
	clones->has_links = fd >= 0 ? !links : links;
	return fd;
}

static int open_dir(struct clones *clones, const char *path, struct opened *ret)
{
	int fd = open_known(clones, path, ret);

	return fd >= 0 ? fd : sys(open(path, O_PATH | O_DIRECTORY | O_CLOEXEC));
}

static void open_one(struct clones *clones, const char *path, struct opened *ret)
{
	ret->fd = open_dir(clones, path, ret);
	int r = ret->fd < 0 ? 0 : stat_dir(ret->fd, &ret->st);
	if (r < 0) {
		close(ret->fd);
		ret->fd = r;
	}
	if (ret->fd < 0 || !(ret->st.stx_mask & STATX_MNT_ID))
		return;
	if (!ret->path)
		ret->path = path_of(ret->fd);
	if (ret->path)
		join_group(clones, ret);
}

/* Returns the flags by which a clone for the upper layer updates access times. */
static uint64_t upper_atime(const struct clones_spec *spec)
{
	static const uint64_t rules[] = { [ATIME_RELATIVE] = MOUNT_ATTR_RELATIME,
		[ATIME_STRICT] = MOUNT_ATTR_STRICTATIME,
		[ATIME_NEVER] = MOUNT_ATTR_NOATIME };

	return rules[spec->atime] | (spec->no_dir_atime ? MOUNT_ATTR_NODIRATIME : 0);
}

/* Clones the group's mount, and makes the clone private: otherwise mounts made later on the
 * original would appear in the clone. */
static int clone_mount(const struct group *group, const struct clones_spec *spec)
{
	struct mount_attr private = { .propagation = MS_PRIVATE };
	struct mount_attr attr = { .attr_set = group->lower ? MOUNT_ATTR_NOATIME
							    : upper_atime(spec),
		.attr_clr = MOUNT_ATTR__ATIME | MOUNT_ATTR_NODIRATIME,
		.propagation = MS_PRIVATE };
	auto_free char *path = group->length ? strndup(group->path, group->length) : strdup("/");
	auto_close int fd = !path ? -ENOMEM
				  : sys(open_tree(
					    AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC));

	if (fd < 0)
		return fd;
	/* In a user namespace the kernel may have locked the flags for access times: then only make
	 * the clone private. */
	int r = sys(mount_setattr(fd, "", AT_EMPTY_PATH, &attr, sizeof(attr)));
	if (r < 0)
		r = sys(mount_setattr(fd, "", AT_EMPTY_PATH, &private, sizeof(private)));
	return r < 0 ? r : steal_fd(&fd);
}

static bool is_same(int fd, const struct statx *wanted)
{
	struct statx st;

	return stat_dir(fd, &st) == 0 && st.stx_ino == wanted->stx_ino &&
	       st.stx_dev_major == wanted->stx_dev_major &&
	       st.stx_dev_minor == wanted->stx_dev_minor;
}

/* Opens the same directory in the clone of its mount. Returns -1 on failure. */
static int open_in_clone(const struct opened *opened)
{
	const struct group *group = opened->group;

	if (!group || group->clone < 0)
		return -1;
	const char *rest = opened->path + group->length;
	auto_close int fd = beneath_open_dir(group->clone, rest + (*rest == '/'));
	return fd >= 0 && is_same(fd, &opened->st) ? steal_fd(&fd) : -1;
}

static void hold(struct opened *opened, int in_clone, struct held_dir *ret)
{
	ret->private = in_clone >= 0;
	ret->dev = makedev(opened->st.stx_dev_major, opened->st.stx_dev_minor);
	ret->ino = opened->st.stx_ino;
	ret->fd = ret->private ? in_clone : opened->fd < 0 ? opened->fd : steal_fd(&opened->fd);
}

static bool is_within(const struct opened *inner, const struct opened *outer)
{
	size_t length = outer->group ? strlen(outer->path) : 0;

	return length > 1 && inner->group && inner->st.stx_mnt_id == outer->st.stx_mnt_id &&
	       strlen(inner->path) > length && inner->path[length] == '/' &&
	       !memcmp(inner->path, outer->path, length);
}

static int check_overlap(const struct clones *clones, size_t at, struct shale_error *err)
{
	const struct opened *inner = &clones->opened[at];

	for (const struct opened *outer = clones->opened; outer < clones->opened + clones->n;
		outer++) {
		if ((!inner->lower && outer->lower) || !is_within(inner, outer))
			continue;
		error_remedy(err, 0, "Use directories that do not lie within each other.");
		return error_fail_plain(err, inner->lower ? -ELOOP : -EINVAL,
			"%s directory '%s' lies within the layer or work directory '%s'",
			inner->lower ? "lower" : "upper or work", inner->path, outer->path);
	}
	return 0;
}

int clones_open(const struct clones_spec *spec, struct held_dir *ret, struct shale_error *err)
{
	size_t n = spec->n;
	__attribute__((cleanup(free_clones))) struct clones clones = { .n = n,
		.opened = calloc(n, sizeof(*clones.opened)),
		.groups = calloc(n, sizeof(*clones.groups)) };

	if (!clones.opened || !clones.groups)
		return error_fail(err, -ENOMEM, "open layers");
	if (!getcwd(clones.here, sizeof(clones.here)))
		clones.here[0] = 0;
	for (size_t i = 0; i < n; i++) {
		clones.opened[i].fd = -1;
		clones.opened[i].lower = !spec->pair || (i > 0 && i < n - 1);
	}
	for (size_t i = 0; i < n; i++)
		open_one(&clones, spec->paths[i], &clones.opened[i]);
	for (size_t i = 0; i < n; i++) {
		int r = check_overlap(&clones, i, err);
		if (r < 0)
			return r;
	}
	for (size_t i = 0; i < clones.n_groups; i++)
		clones.groups[i].clone = clone_mount(&clones.groups[i], spec);
	struct opened *first = &clones.opened[0], *last = &clones.opened[n - 1];
	auto_close int first_fd = open_in_clone(first);
	auto_close int last_fd = open_in_clone(last);
	if (spec->pair && (first_fd < 0 || last_fd < 0))
		first->group = last->group = NULL;
	for (size_t i = 0; i < n; i++)
		hold(&clones.opened[i], open_in_clone(&clones.opened[i]), &ret[i]);
	return 0;
}
