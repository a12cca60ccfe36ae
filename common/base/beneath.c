/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/base/beneath.h"

#include "common/base/scope.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

static atomic_bool by_hand;

int component_check(const char *name, size_t length)
{
	bool dots = (length == 1 || length == 2) && !memcmp(name, "..", length);

	if (length == 0 || dots || memchr(name, '/', length) || memchr(name, 0, length))
		return -EACCES;
	return 0;
}

char *component_next(char **rest)
{
	char *name = *rest + strspn(*rest, "/");
	size_t length = strcspn(name, "/");

	if (length == 0)
		return NULL;
	*rest = name + length + (name[length] == '/');
	name[length] = 0;
	return name;
}

void beneath_set_way(enum beneath_way way)
{
	atomic_store(&by_hand, way == BENEATH_BY_HAND);
}

/* Remember that openat2 is missing (ENOSYS), so as not to call it again. Do not remember EPERM: a
 * seccomp filter refuses every call with it, but it may also be a real refusal of this one path. */
int beneath_openat2(int root, const char *path, int flags, uint64_t resolve)
{
	struct open_how how = { .flags = (uint64_t)(flags | O_CLOEXEC), .resolve = resolve };
	int fd;

	if (atomic_load(&by_hand) || strlen(path) >= PATH_MAX)
		return -ENOSYS;
	do
		fd = sys((int)syscall(SYS_openat2, root, *path ? path : ".", &how, sizeof(how)));
	while (fd == -EAGAIN || fd == -EINTR);
	if (fd == -ENOSYS)
		atomic_store(&by_hand, true);
	return fd == -EPERM ? -ENOSYS : fd;
}

/* Refuses a symbolic link: open() with O_PATH | O_NOFOLLOW opens the link itself instead of
 * failing. */
static int refuse_link(int opened)
{
	auto_close int fd = opened;
	struct stat st;

	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISLNK(st.st_mode))
		return -ELOOP;
	return steal_fd(&fd);
}

/* Opens the last part of the path with FLAGS, and the parts before it as directories. */
static int walk(int root, char *path, int flags)
{
	auto_close int dir = sys(openat(root, ".", O_PATH | O_DIRECTORY | O_CLOEXEC));
	char *rest = path, *name = component_next(&rest);

	if (!name)
		return sys(openat(root, ".", flags | O_CLOEXEC));
	while (dir >= 0) {
		bool last = !*(rest + strspn(rest, "/"));
		int how = last ? flags : O_PATH | O_DIRECTORY;
		if (!strcmp(name, ".."))
			return -EXDEV;
		int next = sys(openat(dir, name, how | O_NOFOLLOW | O_CLOEXEC));
		if (next < 0 || last)
			return refuse_link(next);
		close(dir);
		dir = next;
		name = component_next(&rest);
	}
	return dir;
}

static int open_short(int root, const char *path, int flags)
{
	enum { RESOLVE = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS };
	int fd = beneath_openat2(root, path, flags, RESOLVE);

	if (fd != -ENOSYS)
		return fd;
	auto_free char *copy = strdup(path);
	return copy ? walk(root, copy, flags) : -ENOMEM;
}

/* If the path is too long for the kernel, opens it in pieces. */
int beneath_open(int root, const char *path, int flags)
{
	auto_close int dir = -1;
	char piece[PATH_MAX];

	while (strlen(path) >= PATH_MAX) {
		memcpy(piece, path, PATH_MAX - 1);
		piece[PATH_MAX - 1] = 0;
		char *slash = strrchr(piece, '/');
		if (!slash)
			return -ENAMETOOLONG;
		*slash = 0;
		int next = open_short(dir < 0 ? root : dir, piece, O_PATH | O_DIRECTORY);
		if (next < 0)
			return next;
		cleanup_close(&dir);
		dir = next;
		path += slash - piece + 1;
	}
	return open_short(dir < 0 ? root : dir, path, flags);
}

int beneath_open_dir(int root, const char *path)
{
	return beneath_open(root, path, O_PATH | O_DIRECTORY);
}
