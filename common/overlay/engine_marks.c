/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/overlay/engine_marks.h"

#include "common/base/scope.h"
#include "common/overlay/aufs.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

bool engine_mark_is(const char *name, const struct stat *st)
{
	return aufs_is_mark(name) && S_ISREG(st->st_mode) && st->st_size == 0 &&
	       !(st->st_mode & 07077);
}

static int stat_mark(int dirfd, const char *path, const char *name)
{
	struct stat st;
	int r = sys(fstatat(dirfd, path, &st, AT_SYMLINK_NOFOLLOW));

	if (r == 0)
		return engine_mark_is(name, &st);
	return r == -ENOENT || r == -ENAMETOOLONG ? 0 : r;
}

bool engine_mark_at(int dirfd, const char *name)
{
	return aufs_is_mark(name) && stat_mark(dirfd, name, name) > 0;
}

bool engine_mark_is_opaque(const char *name)
{
	return !strcmp(name, ".wh..wh..opq") || !strcmp(name, ".wh..opq");
}

int engine_has_whiteout(int dirfd, const char *name)
{
	char mark[512];
	int length = snprintf(mark, sizeof(mark), ".wh.%s", name);

	return length < (int)sizeof(mark) ? stat_mark(dirfd, mark, mark) : 0;
}

int engine_is_opaque(int dirfd, const char *name)
{
	char path[512];
	int length = snprintf(path, sizeof(path), "%s/.wh..wh..opq", name);

	return length < (int)sizeof(path) ? stat_mark(dirfd, path, ".wh..wh..opq") : 0;
}
