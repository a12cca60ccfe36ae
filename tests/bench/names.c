/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Measures lookups of names: walks through trees, reads of small files, and operations on known
 * files. */
#include "tests/bench/work.h"

#include "common/base/scope.h"
#include "tests/bench/latency.h"
#include "tests/bench/tree.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>

enum { WARM_FILES = 1000 };

/* Looks at each entry below NAME. Does not check the depth, because trees here are not deep. */
static long walk(int parent, const char *name)
{
	int fd = sys(openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	auto_closedir DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *entry;
	struct stat st;
	long n = 0;

	if (!dir)
		return fd < 0 ? fd : -ENOMEM;
	while ((entry = readdir(dir))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		if (fstatat(fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			return -errno;
		long below = S_ISDIR(st.st_mode) ? walk(fd, entry->d_name) : 0;
		if (below < 0)
			return below;
		n += 1 + below;
	}
	return n;
}

/* Returns the first file to read. The walk uses the first two thirds of the tree and the read the
 * last third, so that neither finds anything cached. */
static uint32_t first_to_read(const struct job *job)
{
	return job->files / 3 * 2 / TREE_FILES_IN_DIR * TREE_FILES_IN_DIR;
}

static long walk_tree(const struct job *job)
{
	tree_name_t name;
	long n = 0;

	for (uint32_t i = 0; i < first_to_read(job); i += TREE_FILES_IN_DIR) {
		tree_dir_name(i, name);
		long r = walk(job->dir, name);
		if (r < 0)
			return r;
		n += r;
	}
	return n;
}

static int read_whole(int dir, const char *name)
{
	static char buf[1 << 16];
	int fd = sys(openat(dir, name, O_RDONLY | O_CLOEXEC));

	if (fd < 0)
		return fd;
	ssize_t n = sys(read(fd, buf, sizeof(buf)));
	close(fd);
	return (int)n;
}

static long read_files(const struct job *job, uint32_t from, uint32_t to)
{
	tree_name_t name;

	for (uint32_t i = from; i < to; i++) {
		tree_name(i, name);
		uint64_t begin = latency_begin();
		int r = read_whole(job->dir, name);
		latency_end(begin);
		if (r < 0)
			return r;
	}
	return to - from;
}

static long read_tree(const struct job *job)
{
	return read_files(job, first_to_read(job), job->files);
}

/* Calls RUN as often as RUNS says, on files that the caller has used before. */
static long repeat(const struct job *job, uint32_t runs, long (*run)(const struct job *job))
{
	long n = 0;

	for (uint32_t i = 0; i < runs; i++) {
		long r = run(job);
		if (r < 0)
			return r;
		n += r;
	}
	return n;
}

static uint32_t warm_files(const struct job *job)
{
	return job->files < WARM_FILES ? job->files : WARM_FILES;
}

static long stat_once(const struct job *job)
{
	tree_name_t name;
	struct stat st;

	for (uint32_t i = 0; i < warm_files(job); i++) {
		tree_name(i, name);
		if (fstatat(job->dir, name, &st, 0) < 0)
			return -errno;
	}
	return warm_files(job);
}

static long read_once(const struct job *job)
{
	return read_files(job, 0, warm_files(job));
}

static long absent_once(const struct job *job)
{
	tree_name_t name;
	struct stat st;

	for (uint32_t i = 0; i < warm_files(job); i++) {
		tree_name(i, name);
		memcpy(strchr(name, '/') + 1, "none", 4);
		if (fstatat(job->dir, name, &st, 0) == 0 || errno != ENOENT)
			return -EINVAL;
	}
	return warm_files(job);
}

static long list_once(const struct job *job)
{
	int fd = sys(openat(job->dir, "big", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	auto_closedir DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	long n = 0;

	while (dir && readdir(dir))
		n++;
	return dir ? n : -EIO;
}

static long getxattr_once(const struct job *job)
{
	tree_name_t name;
	char path[4096], value[64];

	for (uint32_t i = 0; i < warm_files(job); i++) {
		tree_name(i, name);
		snprintf(path, sizeof(path), "%s/%s", job->path, name);
		uint64_t begin = latency_begin();
		if (getxattr(path, "user.nothing", value, sizeof(value)) >= 0)
			return -EINVAL;
		latency_end(begin);
	}
	return warm_files(job);
}

static int warm_stat(const struct job *job)
{
	return (int)stat_once(job);
}

static int warm_read(const struct job *job)
{
	return (int)read_once(job);
}

static int warm_absent(const struct job *job)
{
	return (int)absent_once(job);
}

static int warm_list(const struct job *job)
{
	return (int)list_once(job);
}

static int warm_getxattr(const struct job *job)
{
	return (int)getxattr_once(job);
}

static long stat_often(const struct job *job)
{
	return repeat(job, scaled(job, 30), stat_once);
}

static long read_often(const struct job *job)
{
	return repeat(job, scaled(job, 10), read_once);
}

static long absent_often(const struct job *job)
{
	return repeat(job, scaled(job, 30), absent_once);
}

static long list_often(const struct job *job)
{
	return repeat(job, scaled(job, 10), list_once);
}

static long getxattr_often(const struct job *job)
{
	return repeat(job, scaled(job, 10), getxattr_once);
}

static int run_program(const char *path)
{
	int status;
	pid_t child = vfork();

	if (child == 0) {
		execl(path, path, (char *)NULL);
		_exit(127);
	}
	if (child < 0 || waitpid(child, &status, 0) < 0)
		return -errno;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -EIO;
}

static int warm_exec(const struct job *job)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/true", job->path);
	return run_program(path);
}

static long exec_often(const struct job *job)
{
	uint32_t n = scaled(job, 100);
	int r = 0;

	for (uint32_t i = 0; r == 0 && i < n; i++)
		r = warm_exec(job);
	return r < 0 ? r : (long)n;
}

/* Walks in two processes. The second one reports its result by its exit status. */
static long both_walk(const struct job *job)
{
	int status;
	pid_t child = fork();

	if (child < 0)
		return -errno;
	if (child == 0)
		_exit(repeat(job, 2, walk_tree) < 0);
	long n = repeat(job, 2, walk_tree);
	if (waitpid(child, &status, 0) < 0 || status)
		return -EIO;
	return n < 0 ? n : n * 2;
}

const struct work works_of_names[] = {
	{ "read", "walk-cold", "walk a tree with stat, first time", NULL, walk_tree },
	{ "read", "walk-warm", "walk it again", NULL, walk_tree },
	{ "read", "read-cold", "read small files, first time", NULL, read_tree },
	{ "read", "read-warm", "read them again", NULL, read_tree },
	{ "read", "stat", "stat", warm_stat, stat_often },
	{ "read", "open-read-close", "open, read, close", warm_read, read_often },
	{ "read", "absent", "stat of a name that is not there", warm_absent, absent_often },
	{ "read", "readdir", "an entry of a long directory", warm_list, list_often },
	{ "read", "getxattr", "getxattr of nothing", warm_getxattr, getxattr_often },
	{ "read", "exec", "run a program", warm_exec, exec_often },
	{ "read", "two-walk-warm", "walk, two at once", NULL, both_walk },
	{ 0 },
};
