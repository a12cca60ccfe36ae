/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/archive/apply/parent_metadata.h"

#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/overlay/copyup_file.h"
#include "common/overlay/opath_xattr.h"
#include "common/overlay/override.h"

#include <fcntl.h>
#include <string.h>

static int set_owner(
	const struct apply_spec *spec, int dirfd, const char *name, int fd, const struct stat *st)
{
	if (spec->ownership == OWNERSHIP_OVERRIDE)
		return override_set(fd, st);
	int r = sys(fchownat(dirfd, name, st->st_uid, st->st_gid, AT_SYMLINK_NOFOLLOW));
	return r < 0 ? r : sys(fchmodat(dirfd, name, st->st_mode & 07777, 0));
}

/* Removes the default ACL until everything is unpacked, because the files made in the directory
 * would inherit it. */
static int take_default_acl(int fd, struct dir_metadata *ret)
{
	auto_free char *acl = NULL;
	ssize_t size = opath_xattr_get_all(fd, ACL_DEFAULT, &acl);

	if (size == -ENODATA || size == -EOPNOTSUPP)
		return 0;
	if (size < 0)
		return (int)size;
	int r = opath_xattr_remove(fd, ACL_DEFAULT);
	if (r < 0)
		return r;
	ret->acl = steal_ptr(&acl);
	ret->acl_size = (size_t)size;
	return 0;
}

int root_metadata_take(const struct apply_spec *spec, struct dir_metadata *ret)
{
	struct dir_metadata implied = { .acl = NULL };
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

int copy_parent_metadata(struct lower_tree *below, int dirfd, const char *name, const char *path,
	bool below_counts, struct dir_metadata *ret, struct shale_error *err)
{
	const struct apply_spec *spec = below->spec;
	struct stat st = { .st_mode = S_IFDIR | 0755 };
	struct dir_metadata implied = { .acl = NULL };
	auto_close int like = -1;
	auto_close int fd = sys(openat(dirfd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));

	if (fd < 0)
		return fd;
	int r = below_counts ? lower_tree_look(below, path, &st, &like, err) : 0;
	if (r >= 0)
		r = set_owner(spec, dirfd, name, fd, &st);
	if (r >= 0 && like >= 0)
		r = copyup_copy_xattrs(fd, like, spec->class);
	if (r >= 0 && like >= 0)
		r = take_default_acl(fd, &implied);
	if (r < 0)
		return r;
	implied.times[0] = st.st_atim;
	implied.times[1] = st.st_mtim;
	*ret = implied;
	return 0;
}
