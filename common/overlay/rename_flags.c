/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/overlay/rename_flags.h"

#include "common/base/scope.h"
#include "common/overlay/tempname.h"
#include "common/overlay/upper_lacks.h"

#include <fcntl.h>
#include <stdbool.h>
#include <sys/stat.h>

/*
 * Whether CODE may mean that the flags of a rename are not supported. A filesystem returns EINVAL
 * for unknown flags, a container's filter EPERM. If the rename was refused for another reason, it
 * fails again without flags.
 */
static bool knows_no_flags(int code)
{
	return code == -ENOSYS || code == -EINVAL || code == -EPERM;
}

/* Checks that NEW_NAME is free, then renames. Not by link and unlink: where the filesystem finds
 * files by their paths, the new name would be another inode. */
static int noreplace_in_steps(int dirfd, const char *name, int new_dirfd, const char *new_name)
{
	struct stat st;

	if (fstatat(new_dirfd, new_name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return -EEXIST;
	return errno == ENOENT ? sys(renameat(dirfd, name, new_dirfd, new_name)) : -errno;
}

int rename_noreplace(
	int dirfd, const char *name, int new_dirfd, const char *new_name, unsigned int lacks)
{
	int r = lacks & LACKS_NOREPLACE
			? -ENOSYS
			: sys(renameat2(dirfd, name, new_dirfd, new_name, RENAME_NOREPLACE));

	return knows_no_flags(r) ? noreplace_in_steps(dirfd, name, new_dirfd, new_name) : r;
}

static int swap_in_steps(int work, const char *temp, int dirfd, const char *name)
{
	char spare[TEMP_NAME_MAX];

	tempname_make(spare);
	int r = sys(renameat(dirfd, name, work, spare));
	if (r < 0)
		return r;
	r = sys(renameat(work, temp, dirfd, name));
	if (r < 0)
		(void)renameat(work, spare, dirfd, name);
	else
		r = sys(renameat(work, spare, work, temp));
	return r;
}

int rename_swap(int work, const char *temp, int dirfd, const char *name, unsigned int lacks)
{
	int r = lacks & LACKS_EXCHANGE ? -ENOSYS
				       : sys(renameat2(work, temp, dirfd, name, RENAME_EXCHANGE));

	return knows_no_flags(r) ? swap_in_steps(work, temp, dirfd, name) : r;
}
