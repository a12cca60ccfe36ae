/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale/engine/linked_dir.h"

#include "common/base/scope.h"
#include "tools/shale/cli.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#define DRAFT ".shale-draft"

int linked_dir_make(int dirfd, const char *name, struct shale_error *err)
{
	if (mkdirat(dirfd, name, 0755) == 0 || errno == EEXIST)
		return 0;
	return cli_fail(err, -errno, "make directory '%.200s'", name);
}

static int write_all(int fd, const char *text, size_t size)
{
	while (size) {
		ssize_t n = write(fd, text, size);

		if (n < 0)
			return -errno;
		text += n;
		size -= (size_t)n;
	}
	return sys(fsync(fd));
}

int linked_dir_write(int dirfd, const char *name, const char *text, struct shale_error *err)
{
	auto_free char *draft = NULL;

	if (asprintf(&draft, "%s" DRAFT, name) < 0) {
		draft = NULL;
		return cli_fail(err, -ENOMEM, "write '%.200s'", name);
	}
	auto_close int fd = sys(
		openat(dirfd, draft, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644));
	int r = fd < 0 ? fd : write_all(fd, text, strlen(text));
	if (r == 0)
		r = sys(renameat(dirfd, draft, dirfd, name));
	return r < 0 ? cli_fail(err, r, "write '%.200s'", name) : 0;
}

int linked_dir_write_json(int dirfd, const char *name, const json_t *value, struct shale_error *err)
{
	auto_free char *text = json_dumps(value, JSON_COMPACT);

	return text ? linked_dir_write(dirfd, name, text, err)
		    : cli_fail(err, -ENOMEM, "write '%.200s'", name);
}

int linked_dir_link(int dirfd, const char *name, const char *target, struct shale_error *err)
{
	auto_free char *draft = NULL;

	if (symlinkat(target, dirfd, name) == 0)
		return 0;
	if (errno != EEXIST || asprintf(&draft, "%s" DRAFT, name) < 0) {
		draft = NULL;
		return cli_fail(err, -errno, "make link '%.200s'", name);
	}
	unlinkat(dirfd, draft, 0);
	int r = sys(symlinkat(target, dirfd, draft));
	if (r == 0)
		r = sys(renameat(dirfd, draft, dirfd, name));
	return r < 0 ? cli_fail(err, r, "make link '%.200s'", name) : 0;
}

/* Opens the directory NAME, but not if it is a link to a directory. */
static DIR *open_dir(int dirfd, const char *name)
{
	int fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (!dir && fd >= 0)
		close(fd);
	return dir;
}

/* Removes a directory that holds only files, links and empty directories. If podman has mounted on
 * it, it stays. */
static void remove_dir(int at, const char *name)
{
	auto_closedir DIR *dir = open_dir(at, name);
	const struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
			unlinkat(dirfd(dir), entry->d_name, 0) < 0)
			unlinkat(dirfd(dir), entry->d_name, AT_REMOVEDIR);
	unlinkat(at, name, AT_REMOVEDIR);
}

int linked_dir_prune(int at, const char *name, const json_t *kept, struct shale_error *err)
{
	auto_closedir DIR *dir = open_dir(at, name);
	const struct dirent *entry;

	if (!dir)
		return cli_fail(err, -errno, "open directory '%.200s'", name);
	while ((entry = readdir(dir)))
		if (entry->d_type == DT_DIR && entry->d_name[0] != '.' &&
			strcmp(entry->d_name, "l") != 0 && !json_object_get(kept, entry->d_name))
			remove_dir(dirfd(dir), entry->d_name);
	return 0;
}
