/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/archive/stream/stream_files.h"

#include "common/base/beneath.h"
#include "common/base/scope.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

void stream_files_close(struct stream_files *files)
{
	cleanup_close(&files->parent);
	files->parent = -1;
	free(files->path);
	files->path = NULL;
}

/* Opens the file's parent directory, and keeps it open, because files of one directory mostly
 * follow each other. */
static int enter_parent(struct stream_files *files, const char *path, size_t size)
{
	if (files->path && strlen(files->path) == size && !memcmp(files->path, path, size))
		return 0;
	stream_files_close(files);
	files->path = strndup(path, size);
	if (!files->path)
		return -ENOMEM;
	files->parent = beneath_open_dir(files->root, files->path);
	if (files->parent >= 0)
		return 0;
	int r = files->parent;
	stream_files_close(files);
	return r;
}

int stream_files_open(
	struct stream_files *files, const char *path, uint64_t *ret_ino, uint64_t *ret_size)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	struct stat st;

	if (component_check(name, strlen(name)) < 0)
		return -EINVAL;
	int r = enter_parent(files, path, slash ? (size_t)(slash - path) : 0);
	if (r < 0)
		return r;
	auto_close int fd = sys(openat(
		files->parent, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -ESTALE;
	*ret_ino = st.st_ino;
	*ret_size = (uint64_t)st.st_size;
	return steal_fd(&fd);
}
