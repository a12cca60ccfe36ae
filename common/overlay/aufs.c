/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/overlay/aufs.h"

#include "common/base/scope.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define PREFIX ".wh."
#define OPAQUE PREFIX ".wh..opq"

bool aufs_is_mark(const char *name)
{
	return !strncmp(name, PREFIX, strlen(PREFIX));
}

const char *aufs_hidden(const char *name)
{
	return name + strlen(PREFIX);
}

static int exists(int dirfd, const char *name)
{
	struct stat st;
	int r = sys(fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW));

	/* EACCES: this process may not search the directory, so it cannot see any mark there. Treat
	 * the directory as one without marks. */
	return r == 0 ? 1 : r == -ENOENT || r == -ENAMETOOLONG || r == -EACCES ? 0 : r;
}

int aufs_has_whiteout(int dirfd, const char *name)
{
	char mark[sizeof(PREFIX) + 255];
	int length = snprintf(mark, sizeof(mark), PREFIX "%s", name);

	return length < (int)sizeof(mark) ? exists(dirfd, mark) : 0;
}

int aufs_is_opaque(int dirfd, const char *name)
{
	char mark[256 + sizeof("/" OPAQUE)];
	int length = snprintf(mark, sizeof(mark), "%s/" OPAQUE, name);

	return length < (int)sizeof(mark) ? exists(dirfd, mark) : 0;
}

static int make_mark(int dirfd, const char *mark)
{
	auto_close int fd = sys(
		openat(dirfd, mark, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0600));

	return fd == -EEXIST ? 0 : fd < 0 ? fd : 1;
}

int aufs_hide(int dirfd, const char *name)
{
	char mark[sizeof(PREFIX) + 255];

	snprintf(mark, sizeof(mark), PREFIX "%s", name);
	return make_mark(dirfd, mark);
}

void aufs_unhide(int dirfd, const char *name)
{
	char mark[sizeof(PREFIX) + 255];

	snprintf(mark, sizeof(mark), PREFIX "%s", name);
	(void)unlinkat(dirfd, mark, 0);
}

int aufs_make_opaque(int dirfd)
{
	int r = make_mark(dirfd, OPAQUE);

	return r < 0 ? r : 0;
}
