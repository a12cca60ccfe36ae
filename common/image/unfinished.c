/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/image/unfinished.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>

#include "common/base/scope.h"

static const char prefix[] = ".shale-";
enum { TRIES = 16, DEPTH = 3 };

int unfinished_name(char ret[UNFINISHED_SIZE])
{
	uint64_t nonce;

	if (getrandom(&nonce, sizeof(nonce), 0) != sizeof(nonce))
		return -EIO;
	snprintf(ret, UNFINISHED_SIZE, "%s%016llx", prefix, (unsigned long long)nonce);
	return 0;
}

static int lock(int fd)
{
	int r;

	do
		r = sys(flock(fd, LOCK_EX | LOCK_NB));
	while (r == -EINTR);
	return r;
}

int unfinished_lock(int fd)
{
	return lock(fd) == -EWOULDBLOCK ? -EAGAIN : 0;
}

/* Tells whether NAME still leads to the file FD: another process's sweep may have removed the file
 * before it was locked. */
static bool has_name(int dir, const char *name, int fd)
{
	struct stat named, open;

	return fstatat(dir, name, &named, AT_SYMLINK_NOFOLLOW) == 0 && fstat(fd, &open) == 0 &&
	       named.st_ino == open.st_ino && named.st_dev == open.st_dev;
}

static int try_make_dir(int dir, const char *name)
{
	int r = sys(mkdirat(dir, name, 0777));

	if (r < 0)
		return r == -EEXIST ? -EAGAIN : r;
	auto_close int fd = sys(openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
	if (fd < 0)
		return fd == -ENOENT ? -EAGAIN : fd;
	r = unfinished_lock(fd);
	if (r == 0 && !has_name(dir, name, fd))
		r = -EAGAIN;
	return r < 0 ? r : steal_fd(&fd);
}

int unfinished_make_dir(int dir, char ret_name[UNFINISHED_SIZE])
{
	int r = -EAGAIN;

	for (int i = 0; i < TRIES && r == -EAGAIN; i++) {
		r = unfinished_name(ret_name);
		if (r == 0)
			r = try_make_dir(dir, ret_name);
	}
	return r;
}

static DIR *list(int dir, const char *name)
{
	int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *listing = fd < 0 ? NULL : fdopendir(fd);

	if (!listing)
		cleanup_close(&fd);
	return listing;
}

static void remove_all(int dir, const char *name, int depth)
{
	auto_closedir DIR *listing = depth > 0 ? list(dir, name) : NULL;
	struct dirent *entry;

	while (listing && (entry = readdir(listing))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		if (unlinkat(dirfd(listing), entry->d_name, 0) < 0)
			remove_all(dirfd(listing), entry->d_name, depth - 1);
	}
	unlinkat(dir, name, AT_REMOVEDIR);
}

void unfinished_remove_dir(int dir, const char *name)
{
	remove_all(dir, name, DEPTH);
}

static bool is_unfinished(const char *name)
{
	const size_t n = sizeof(prefix) - 1;

	return !strncmp(name, prefix, n) && strlen(name) == n + 16 &&
	       strspn(name + n, "0123456789abcdef") == 16;
}

static void remove_leftover(int dir, const char *name)
{
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || st.st_uid != geteuid() ||
		(!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode)))
		return;
	/* Open for writing: NFS gives an exclusive lock only to such a descriptor. */
	auto_close int fd = sys(openat(dir, name,
		(S_ISDIR(st.st_mode) ? O_RDONLY | O_DIRECTORY : O_RDWR) | O_NOFOLLOW | O_NONBLOCK |
			O_NOCTTY | O_CLOEXEC));
	if (fd < 0 || lock(fd) < 0 || !has_name(dir, name, fd))
		return;
	if (S_ISDIR(st.st_mode))
		unfinished_remove_dir(dir, name);
	else
		unlinkat(dir, name, 0);
}

void unfinished_sweep(int dir)
{
	auto_closedir DIR *listing = list(dir, ".");
	struct dirent *entry;

	while (listing && (entry = readdir(listing)))
		if (is_unfinished(entry->d_name))
			remove_leftover(dirfd(listing), entry->d_name);
}
