/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale/container/inside.h"

#include "common/base/scope.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

int inside_open(int root, const char *path, int flags)
{
	const struct open_how how = {
		.flags = (uint64_t)(flags | O_CLOEXEC | (flags & O_PATH ? 0 : O_NOCTTY)),
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};

	return (int)sys(syscall(SYS_openat2, root, path, &how, sizeof(how)));
}

static int make_one(int root, const char *parent, const char *name, bool directory)
{
	auto_close int dir = inside_open(root, *parent ? parent : "/", O_PATH | O_DIRECTORY);

	if (dir < 0)
		return dir;
	if (directory)
		return sys(mkdirat(dir, name, 0755));
	auto_close int file = sys(
		openat(dir, name, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, 0644));
	return file < 0 ? file : 0;
}

/* Makes a missing file or directory. Keeps an existing file of any type. */
static int make_missing(int root, char *path, bool directory)
{
	for (char *at = path + strspn(path, "/"); *at;) {
		const char *parent = path;
		char *name = at;
		size_t length = strcspn(name, "/");
		at = name + length + strspn(name + length, "/");
		const bool last = !*at;
		char before = name > path ? name[-1] : '\0', after = name[length];
		if (name > path)
			name[-1] = '\0';
		else
			parent = "";
		name[length] = '\0';
		int r = make_one(root, parent, name, last ? directory : true);
		name[length] = after;
		if (name > path)
			name[-1] = before;
		if (r < 0 && r != -EEXIST)
			return r;
	}
	return 0;
}

int inside_make(int root, const char *path, bool directory)
{
	const int flags = O_PATH | (directory ? O_DIRECTORY : 0);
	int fd = inside_open(root, path, flags);

	if (fd != -ENOENT)
		return fd;
	auto_free char *copy = strdup(path);
	int r = copy ? make_missing(root, copy, directory) : -ENOMEM;
	return r < 0 ? r : inside_open(root, path, flags);
}

static int read_all(int fd, size_t limit, char **ret)
{
	auto_free char *text = malloc(limit + 1);
	size_t size = 0;

	if (!text)
		return -ENOMEM;
	for (;;) {
		ssize_t n = sys(read(fd, text + size, limit + 1 - size));
		if (n == -EINTR)
			continue;
		if (n < 0)
			return (int)n;
		size += (size_t)n;
		if (size > limit)
			return -EFBIG;
		if (n == 0)
			break;
	}
	text[size] = '\0';
	*ret = steal_ptr(&text);
	return 0;
}

int inside_read(int root, const char *path, size_t limit, char **ret)
{
	struct stat st;
	auto_close int fd = inside_open(root, path, O_RDONLY | O_NONBLOCK);

	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	return S_ISREG(st.st_mode) ? read_all(fd, limit, ret) : -EINVAL;
}
