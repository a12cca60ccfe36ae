/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/archive/implied.h"

#include "common/cleanup.h"
#include "common/error.h"
#include "common/overlay/copyup.h"
#include "common/overlay/fdxattr.h"
#include "common/overlay/override.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>

void shale_implied_below_close(struct shale_implied_below *below)
{
	if (!below->begun)
		return;
	shale_stack_leave(&below->dir);
	shale_stack_close(&below->stack);
}

static int begin_below(struct shale_implied_below *below, struct shale_error *err)
{
	const struct shale_apply_spec *spec = below->spec;

	if (below->begun)
		return 0;
	below->begun = true;
	below->stack = (struct shale_stack){ .roots = spec->below,
		.n = spec->n_below,
		.class = spec->class,
		.ownership = spec->ownership,
		.n_aufs = spec->n_below_aufs,
		SHALE_STACK_FRESH };
	int r = spec->n_below ? shale_stack_root(&below->stack, &below->dir) : 0;
	below->lost = r < 0 || spec->n_below == 0;
	return r < 0 ? shale_fail(err, r, "read the layers below") : 0;
}

/* Into ENTRY of the directory. */
static int go_into(struct shale_implied_below *below, const struct shale_stack_entry *entry,
	struct shale_error *err)
{
	struct shale_stack_dir child = { .n = 0 };
	int r = shale_stack_enter(&below->dir, entry, &child, err);

	if (r < 0)
		return r;
	shale_stack_leave(&below->dir);
	below->dir = child;
	return 0;
}

/* From where the last look led to down the rest of PATH: 1 and a descriptor of what is there, if
 * that is a directory. */
static int look_below(struct shale_implied_below *below, const char *path, struct stat *ret_st,
	int *ret_fd, struct shale_error *err)
{
	int r = begin_below(below, err);

	while (r == 0 && !below->lost) {
		const char *from = path + below->at;
		const size_t length = strcspn(from, "/");
		char name[NAME_MAX + 1];
		struct shale_stack_entry entry;

		snprintf(name, sizeof(name), "%.*s", (int)length, from);
		r = length > NAME_MAX ? 0 : shale_stack_lookup(&below->dir, name, &entry, err);
		below->lost = r <= 0 || entry.whiteout || !S_ISDIR(entry.st.st_mode);
		if (below->lost)
			return r < 0 ? r : 0;
		if (!from[length]) {
			*ret_st = entry.st;
			*ret_fd = shale_stack_open(&below->dir, &entry);
			return *ret_fd < 0 ? *ret_fd : 1;
		}
		r = go_into(below, &entry, err);
		below->at += length + 1;
	}
	return r;
}

static int set_owner(const struct shale_apply_spec *spec, int dirfd, const char *name, int fd,
	const struct stat *st)
{
	if (spec->ownership == SHALE_OWNERSHIP_OVERRIDE)
		return shale_override_set(fd, st);
	int r = sys(fchownat(dirfd, name, st->st_uid, st->st_gid, AT_SYMLINK_NOFOLLOW));
	return r < 0 ? r : sys(fchmodat(dirfd, name, st->st_mode & 07777, 0));
}

/* A default ACL would be inherited by all that is still to be unpacked. */
static int take_default_acl(int fd, struct shale_implied *ret)
{
	auto_free char *acl = NULL;
	ssize_t size = shale_fgetxattr_all(fd, SHALE_ACL_DEFAULT, &acl);

	if (size == -ENODATA || size == -EOPNOTSUPP)
		return 0;
	if (size < 0)
		return (int)size;
	int r = shale_fremovexattr(fd, SHALE_ACL_DEFAULT);
	if (r < 0)
		return r;
	ret->acl = steal_ptr(&acl);
	ret->acl_size = (size_t)size;
	return 0;
}

int shale_implied_root(const struct shale_apply_spec *spec, struct shale_implied *ret)
{
	struct shale_implied implied = { .acl = NULL };
	struct stat st;
	int r = sys(fstat(spec->root, &st));

	if (r == 0)
		r = take_default_acl(spec->root, &implied);
	if (r < 0)
		return r;
	if (!spec->bottom) {
		implied.times[0] = st.st_atim;
		implied.times[1] = st.st_mtim;
	}
	*ret = implied;
	return 0;
}

int shale_implied_dress(struct shale_implied_below *below, int dirfd, const char *name,
	const char *path, bool below_counts, struct shale_implied *ret, struct shale_error *err)
{
	const struct shale_apply_spec *spec = below->spec;
	struct stat st = { .st_mode = S_IFDIR | 0755 };
	struct shale_implied implied = { .acl = NULL };
	auto_close int like = -1;
	auto_close int fd = sys(openat(dirfd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));

	if (fd < 0)
		return fd;
	int r = below_counts ? look_below(below, path, &st, &like, err) : 0;
	if (r >= 0)
		r = set_owner(spec, dirfd, name, fd, &st);
	if (r >= 0 && like >= 0)
		r = shale_copy_xattrs(fd, like, spec->class);
	if (r >= 0 && like >= 0)
		r = take_default_acl(fd, &implied);
	if (r < 0)
		return r;
	implied.times[0] = st.st_atim;
	implied.times[1] = st.st_mtim;
	*ret = implied;
	return 0;
}
