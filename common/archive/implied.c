/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/archive/implied.h"

#include "common/archive/stack.h"
#include "common/cleanup.h"
#include "common/error.h"
#include "common/overlay/copyup.h"
#include "common/overlay/fdxattr.h"
#include "common/overlay/override.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>

/* From DIR down the rest of PATH: 1 and a descriptor of what is there, if that is a directory. */
static int descend(struct shale_stack_dir *dir, const char *path, struct stat *ret_st, int *ret_fd,
	struct shale_error *err)
{
	auto_stack_dir struct shale_stack_dir child = { .n = 0 };
	const size_t length = strcspn(path, "/");
	char name[NAME_MAX + 1];
	struct shale_stack_entry entry;

	if (length > NAME_MAX)
		return 0;
	memcpy(name, path, length);
	name[length] = 0;
	int r = shale_stack_lookup(dir, name, &entry, err);
	if (r <= 0 || entry.whiteout || !S_ISDIR(entry.st.st_mode))
		return r < 0 ? r : 0;
	if (!path[length]) {
		*ret_st = entry.st;
		*ret_fd = shale_stack_open(dir, &entry);
		return *ret_fd < 0 ? *ret_fd : 1;
	}
	r = shale_stack_enter(dir, &entry, &child, err);
	if (r < 0)
		return r;
	shale_stack_suspend(dir);
	return descend(&child, path + length + 1, ret_st, ret_fd, err);
}

static int look_below(const struct shale_apply_spec *spec, const char *path, struct stat *ret_st,
	int *ret_fd, struct shale_error *err)
{
	struct shale_stack stack = { .roots = spec->below,
		.n = spec->n_below,
		.class = spec->class,
		.ownership = spec->ownership,
		.n_aufs = spec->n_below_aufs };
	auto_stack_dir struct shale_stack_dir root = { .n = 0 };
	int r = spec->n_below ? shale_stack_root(&stack, &root) : 0;

	if (r < 0)
		return shale_fail(err, r, "read the layers below");
	return root.n ? descend(&root, path, ret_st, ret_fd, err) : 0;
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
	static const char name[] = "system.posix_acl_default";
	ssize_t size = shale_fgetxattr(fd, name, NULL, 0);

	if (size == -ENODATA || size == -EOPNOTSUPP)
		return 0;
	if (size < 0)
		return (int)size;
	auto_free char *acl = malloc((size_t)size + 1);
	if (!acl)
		return -ENOMEM;
	size = shale_fgetxattr(fd, name, acl, (size_t)size);
	if (size < 0)
		return (int)size;
	int r = shale_fremovexattr(fd, name);
	if (r < 0)
		return r;
	ret->acl = steal_ptr(&acl);
	ret->acl_size = (size_t)size;
	return 0;
}

int shale_implied_dress(const struct shale_apply_spec *spec, int dirfd, const char *name,
	const char *path, bool below_counts, struct shale_implied *ret, struct shale_error *err)
{
	struct stat st = { .st_mode = S_IFDIR | 0755 };
	struct shale_implied implied = { .acl = NULL };
	auto_close int like = -1;
	auto_close int fd = sys(openat(dirfd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));

	if (fd < 0)
		return fd;
	int r = below_counts ? look_below(spec, path, &st, &like, err) : 0;
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
