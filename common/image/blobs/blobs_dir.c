/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/image/blobs/blobs.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "common/base/scope.h"
#include "common/base/error.h"

struct dir_blobs {
	struct blobs base;
	int fd;
};

/* Opens one component of NAME after the other, so that no link is followed and no path leaves the
 * directory. */
static int open_below(int dir, const char *name)
{
	auto_close int at = -1;
	char component[NAME_MAX + 1];

	for (;;) {
		size_t length = strcspn(name, "/");
		if (length == 0 || length > NAME_MAX)
			return -EINVAL;
		memcpy(component, name, length);
		component[length] = '\0';
		if (strcmp(component, ".") == 0 || strcmp(component, "..") == 0)
			return -EINVAL;
		const int flags = name[length] ? O_PATH | O_DIRECTORY : O_RDONLY | O_NONBLOCK;
		int next = sys(openat(
			at < 0 ? dir : at, component, flags | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY));
		if (next < 0 || !name[length])
			return next;
		cleanup_close(&at);
		at = next;
		name += length + 1;
	}
}

static int dir_open(
	struct blobs *blobs, const char *name, struct blob *ret, struct shale_error *err)
{
	struct dir_blobs *dir = (struct dir_blobs *)blobs;
	struct stat st;
	auto_close int fd = open_below(dir->fd, name);

	if (fd < 0)
		return error_fail(err, fd, "open %s", name);
	int r = sys(fstat(fd, &st));
	if (r < 0)
		return error_fail(err, r, "stat %s", name);
	if (!S_ISREG(st.st_mode))
		return error_fail_plain(err, -EINVAL, "%s is not a regular file", name);
	*ret = (struct blob){ .fd = steal_fd(&fd), .size = st.st_size };
	return 0;
}

static void dir_close(struct blobs *blobs)
{
	struct dir_blobs *dir = (struct dir_blobs *)blobs;

	cleanup_close(&dir->fd);
	free(dir);
}

static const struct blobs_ops dir_ops = { "directory", dir_open, dir_close };

int blobs_dir(const char *path, struct blobs **ret, struct shale_error *err)
{
	auto_close int fd = sys(open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));

	if (fd < 0)
		return error_fail(err, fd, "open directory '%s'", path);
	struct dir_blobs *dir = calloc(1, sizeof(*dir));
	if (!dir)
		return error_fail(err, -ENOMEM, "open directory '%s'", path);
	dir->base.ops = &dir_ops;
	dir->fd = steal_fd(&fd);
	*ret = &dir->base;
	return 0;
}
