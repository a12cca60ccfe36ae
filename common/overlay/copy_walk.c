/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/overlay/copy_walk.h"

#include "common/base/error.h"
#include "common/base/readdir.h"
#include "common/base/scope.h"
#include "common/overlay/copyup_file.h"

#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

#define KEY_SIZE 48

int copy_walk_each(int dirfd, struct progress *progress, int (*fn)(void *arg, const char *name),
	void *arg, struct shale_error *err)
{
	auto_closedir DIR *list = dir_list(dirfd, ".");
	struct dirent *entry;
	int more, r = 0;

	if (!list)
		return error_fail(err, -errno, "list a directory");
	while (r == 0 && (more = dir_next(list, &entry)) != 0) {
		if (more < 0)
			return error_fail(err, more, "list a directory");
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		r = fn(arg, entry->d_name);
		if (r == 0)
			r = progress_add(progress, 1);
		if (r == 0)
			r = progress_step(progress);
		if (r < 0)
			return error_fail(err, r, "'%s'", entry->d_name);
	}
	return r;
}

static void name_link(const struct stat *st, char ret[KEY_SIZE])
{
	snprintf(ret, KEY_SIZE, "%" PRIx64 ":%" PRIx64, (uint64_t)st->st_dev, (uint64_t)st->st_ino);
}

bool copy_walk_link(int links, const struct stat *st, int to, const char *name)
{
	char key[KEY_SIZE];

	name_link(st, key);
	return st->st_nlink > 1 && linkat(links, key, to, name, 0) == 0;
}

int copy_walk_note(int links, const struct stat *st, int to, const char *name)
{
	char key[KEY_SIZE];

	name_link(st, key);
	return st->st_nlink > 1 ? sys(linkat(to, name, links, key, 0)) : 0;
}

int copy_walk_times(int fd, const struct stat *st)
{
	const struct timespec times[] = { st->st_atim, st->st_mtim };

	return sys(futimens(fd, times));
}

int copy_walk_root(int to, int from, enum xattr_class class)
{
	struct stat st;

	if (fstat(from, &st) < 0)
		return -errno;
	int r = sys(fchown(to, st.st_uid, st.st_gid));
	if (r == 0)
		r = sys(fchmod(to, st.st_mode & 07777));
	if (r == 0)
		r = copyup_copy_xattrs(to, from, class);
	return r < 0 ? r : copy_walk_times(to, &st);
}
