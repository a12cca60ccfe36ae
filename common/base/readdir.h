/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* readdir(3) with different results at the end of a directory and after a read error. */
#pragma once

#include <dirent.h>
#include <errno.h>

/* 1 and the next entry, which is valid until the next call; 0 at the end; or a negative errno. */
static inline int dir_next(DIR *dir, struct dirent **ret)
{
	errno = 0;
	*ret = readdir(dir);
	return *ret ? 1 : -errno;
}
