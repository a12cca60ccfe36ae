/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Empties directories that tests have made. */
#pragma once

#include "common/base/scope.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

/* Removes everything in DIRFD, and closes it. Works by descriptors, because a tree can be deeper
 * than a path can be long. */
static inline void empty_dir(int dirfd)
{
	auto_closedir DIR *dir = fdopendir(dirfd);
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		const char *name = entry->d_name;
		if (!strcmp(name, ".") || !strcmp(name, ".."))
			continue;
		if (unlinkat(dirfd, name, 0) == 0)
			continue;
		fchmodat(dirfd, name, 0700, 0);
		int sub = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (sub >= 0)
			empty_dir(sub);
		unlinkat(dirfd, name, AT_REMOVEDIR);
	}
}
