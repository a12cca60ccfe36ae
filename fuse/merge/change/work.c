/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/merge/change/work.h"

#include "common/base/scope.h"
#include "common/overlay/opath.h"
#include "common/overlay/tempname.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

/* Removes everything in DIRFD. A crash may have left a deep tree: so works on one level at a time,
 * and moves each sub-directory up into WORK, so that neither paths nor the stack grow. */
static void empty_directory(int work, int dirfd)
{
	auto_close int fd = sys(openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	auto_closedir DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (!dir)
		return;
	int raw = steal_fd(&fd);
	while ((entry = readdir(dir))) {
		char temp[TEMP_NAME_MAX];
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		if (unlinkat(raw, entry->d_name, 0) == 0)
			continue;
		if (unlinkat(raw, entry->d_name, AT_REMOVEDIR) == 0)
			continue;
		tempname_make(temp);
		/* Without privileges a directory can be moved only if its mode allows to write to
		 * it. */
		if (faccessat(raw, entry->d_name, W_OK, AT_EACCESS) < 0)
			(void)fchmodat(raw, entry->d_name, S_IRWXU, 0);
		if (renameat(raw, entry->d_name, work, temp) == 0)
			work_remove(work, temp);
	}
}

void work_remove(int work, const char *name)
{
	if (unlinkat(work, name, 0) == 0 || unlinkat(work, name, AT_REMOVEDIR) == 0)
		return;
	work_empty(work, name);
	unlinkat(work, name, AT_REMOVEDIR);
}

void work_empty(int work, const char *name)
{
	auto_close int fd = sys(openat(work, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));

	if (fd < 0)
		return;
	if (faccessat(fd, ".", R_OK | W_OK | X_OK, AT_EACCESS) < 0)
		(void)opath_chmod(fd, S_IRWXU);
	empty_directory(work, fd);
}
