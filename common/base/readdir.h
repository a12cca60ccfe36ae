/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lists directories. Unlike readdir(3), returns different results at the end of a directory and
 * after a read error. */
#pragma once

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* Opens the directory NAME in DIRFD for a listing from its beginning. Returns NULL with errno on
 * failure. */
static inline DIR *dir_list(int dirfd, const char *name)
{
	int fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (!dir && fd >= 0) {
		int saved = errno;
		close(fd);
		errno = saved;
	}
	return dir;
}

/* Puts the next entry into RET, valid until the next call, and returns 1. Returns 0 at the end, or
 * a negative errno. */
static inline int dir_next(DIR *dir, struct dirent **ret)
{
	errno = 0;
	*ret = readdir(dir);
	return *ret ? 1 : -errno;
}
