/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Measures changes: small files are made, written, renamed and removed, in the upper layer and in
 * lower ones. */
#include "tests/bench/work.h"

#include "common/base/scope.h"
#include "tests/bench/latency.h"
#include "tests/bench/tree.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>

enum { NEW_FILES = 2000, LOWER_FILES = 1000, SHARE = 5000 };

typedef int step_fn(int dir, uint32_t i);

static void new_name(const char *prefix, uint32_t i, tree_name_t ret)
{
	snprintf(ret, sizeof(tree_name_t), "new/%s-%05u", prefix, i);
}

static int timed(step_fn *step, int dir, uint32_t i)
{
	uint64_t begin = latency_begin();
	int r = step(dir, i);

	latency_end(begin);
	return r;
}

static long each_new(const struct job *job, step_fn *step)
{
	uint32_t n = scaled(job, NEW_FILES);
	int r = 0;

	for (uint32_t i = 0; r >= 0 && i < n; i++)
		r = timed(step, job->dir, i);
	return r < 0 ? r : (long)n;
}

static int make_room(const struct job *job)
{
	return mkdirat(job->dir, "new", 0755) < 0 && errno != EEXIST ? -errno : 0;
}

static int write_and_close(int fd)
{
	static const char data[100];

	if (fd < 0)
		return fd;
	ssize_t n = sys(write(fd, data, sizeof(data)));
	close(fd);
	return n < 0 ? (int)n : 0;
}

static int create(int dir, uint32_t i)
{
	tree_name_t name;

	new_name("file", i, name);
	return write_and_close(
		sys(openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644)));
}

static int create_as_tar(int dir, uint32_t i)
{
	static const struct timespec times[] = { { .tv_sec = 1000000000 },
		{ .tv_sec = 1000000000 } };
	tree_name_t name;

	new_name("tar", i, name);
	auto_close int fd = sys(openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
	ssize_t n = fd < 0 ? fd : sys(write(fd, name, sizeof(name)));
	int r = n < 0 ? (int)n : sys(fchown(fd, 1, 1));
	if (r >= 0)
		r = sys(fchmod(fd, 0644));
	return r >= 0 ? sys(futimens(fd, times)) : r;
}

static int append(int dir, uint32_t i)
{
	tree_name_t name;

	new_name("file", i, name);
	return write_and_close(sys(openat(dir, name, O_WRONLY | O_APPEND | O_CLOEXEC)));
}

static int rewrite(int dir, uint32_t i)
{
	tree_name_t name;

	new_name("file", i, name);
	return write_and_close(sys(openat(dir, name, O_WRONLY | O_TRUNC | O_CLOEXEC)));
}

static int change_mode(int dir, uint32_t i)
{
	tree_name_t name;

	new_name("file", i, name);
	return sys(fchmodat(dir, name, 0600, 0));
}

static int rename_one(int dir, uint32_t i)
{
	tree_name_t from, to;

	new_name("file", i, from);
	new_name("moved", i, to);
	return sys(renameat(dir, from, dir, to));
}

static int link_one(int dir, uint32_t i)
{
	tree_name_t from, to;

	new_name("moved", i, from);
	new_name("link", i, to);
	return sys(linkat(dir, from, dir, to, 0));
}

static int symlink_one(int dir, uint32_t i)
{
	tree_name_t name;

	new_name("symlink", i, name);
	return sys(symlinkat("target", dir, name));
}

static int mkdir_one(int dir, uint32_t i)
{
	tree_name_t name;

	new_name("dir", i, name);
	return sys(mkdirat(dir, name, 0755));
}

static int rmdir_one(int dir, uint32_t i)
{
	tree_name_t name;

	new_name("dir", i, name);
	return sys(unlinkat(dir, name, AT_REMOVEDIR));
}

static int unlink_one(int dir, uint32_t i)
{
	tree_name_t name;

	new_name("moved", i, name);
	return sys(unlinkat(dir, name, 0));
}

static long do_create(const struct job *job)
{
	return each_new(job, create);
}

static long do_create_as_tar(const struct job *job)
{
	return each_new(job, create_as_tar);
}

static long do_append(const struct job *job)
{
	return each_new(job, append);
}

static long do_rewrite(const struct job *job)
{
	return each_new(job, rewrite);
}

static long do_chmod(const struct job *job)
{
	return each_new(job, change_mode);
}

static long do_rename(const struct job *job)
{
	return each_new(job, rename_one);
}

static long do_link(const struct job *job)
{
	return each_new(job, link_one);
}

static long do_symlink(const struct job *job)
{
	return each_new(job, symlink_one);
}

static long do_mkdir(const struct job *job)
{
	return each_new(job, mkdir_one);
}

static long do_rmdir(const struct job *job)
{
	return each_new(job, rmdir_one);
}

static long do_unlink(const struct job *job)
{
	return each_new(job, unlink_one);
}

/* Calls STEP for COUNT lower files, beginning at the part SHARE of the tree. */
static long each_lower(const struct job *job, uint32_t share, uint32_t count, step_fn *step)
{
	uint32_t first = (uint32_t)((uint64_t)job->files * share / 6), n = scaled(job, count);
	int r = 0;

	if (n > job->files / 6)
		n = job->files / 6;
	for (uint32_t i = 0; r >= 0 && i < n; i++)
		r = timed(step, job->dir, first + i);
	return r < 0 ? r : (long)n;
}

static int look(int dir, uint32_t i)
{
	tree_name_t name;
	struct stat st;

	tree_name(i, name);
	return sys(fstatat(dir, name, &st, 0));
}

static int write_lower(int dir, uint32_t i)
{
	tree_name_t name;

	tree_name(i, name);
	auto_close int fd = sys(openat(dir, name, O_WRONLY | O_CLOEXEC));
	return fd < 0 ? fd : (int)sys(pwrite(fd, "", 1, 0));
}

static int truncate_lower(int dir, uint32_t i)
{
	tree_name_t name;

	tree_name(i, name);
	return write_and_close(sys(openat(dir, name, O_WRONLY | O_TRUNC | O_CLOEXEC)));
}

static int chown_lower(int dir, uint32_t i)
{
	tree_name_t name;

	tree_name(i, name);
	return sys(fchownat(dir, name, 12, 34, AT_SYMLINK_NOFOLLOW));
}

static int unlink_lower(int dir, uint32_t i)
{
	tree_name_t name;

	tree_name(i, name);
	return sys(unlinkat(dir, name, 0));
}

static int look_at_all(const struct job *job)
{
	int r = 0;

	for (uint32_t i = 0; r >= 0 && i < job->files; i++)
		r = look(job->dir, i);
	return r;
}

static long do_copy_up(const struct job *job)
{
	return each_lower(job, 0, LOWER_FILES, write_lower);
}

static long do_truncate_lower(const struct job *job)
{
	return each_lower(job, 1, LOWER_FILES, truncate_lower);
}

static long do_chown_lower(const struct job *job)
{
	return each_lower(job, 2, SHARE, chown_lower);
}

static long do_chown_again(const struct job *job)
{
	return each_lower(job, 2, SHARE, chown_lower);
}

static long do_unlink_lower(const struct job *job)
{
	return each_lower(job, 3, LOWER_FILES, unlink_lower);
}

static int make_pair(const struct job *job)
{
	if (mkdirat(job->dir, "one", 0755) < 0 || mkdirat(job->dir, "two", 0755) < 0)
		return -errno;
	return 0;
}

static int create_in(int dir, const char *where, uint32_t n)
{
	tree_name_t name;
	int r = 0;

	for (uint32_t i = 0; r >= 0 && i < n; i++) {
		snprintf(name, sizeof(name), "%s/%05u", where, i);
		r = write_and_close(
			sys(openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644)));
	}
	return r;
}

static long both_create(const struct job *job)
{
	uint32_t n = scaled(job, NEW_FILES) / 2 + 1;
	int status;
	pid_t child = fork();

	if (child < 0)
		return -errno;
	if (child == 0)
		_exit(create_in(job->dir, "two", n) < 0);
	int r = create_in(job->dir, "one", n);
	if (waitpid(child, &status, 0) < 0 || status)
		return -EIO;
	return r < 0 ? r : (long)n * 2;
}

const struct work works_of_changes[] = {
	{ "write", "create", "create, write 100 bytes, close", make_room, do_create },
	{ "write", "create-as-tar", "the same, then chown, chmod and utimes", make_room,
		do_create_as_tar },
	{ "write", "append", "open, append 100 bytes, close", NULL, do_append },
	{ "write", "rewrite", "open with O_TRUNC, write, close", NULL, do_rewrite },
	{ "write", "chmod", "chmod", NULL, do_chmod },
	{ "write", "rename", "rename", NULL, do_rename },
	{ "write", "link", "link", NULL, do_link },
	{ "write", "symlink", "symlink", NULL, do_symlink },
	{ "write", "mkdir", "mkdir", NULL, do_mkdir },
	{ "write", "rmdir", "rmdir", NULL, do_rmdir },
	{ "write", "unlink", "unlink", NULL, do_unlink },
	{ "write", "two-create", "create, two at once", make_pair, both_create },
	{ "copy-up", "copy-up", "first write to a small lower file", look_at_all, do_copy_up },
	{ "copy-up", "truncate-lower", "O_TRUNC and write of a lower file", NULL,
		do_truncate_lower },
	{ "copy-up", "chown-lower", "chown of a lower file", NULL, do_chown_lower },
	{ "copy-up", "chown-upper", "chown of it again", NULL, do_chown_again },
	{ "copy-up", "unlink-lower", "unlink of a lower file", NULL, do_unlink_lower },
	{ 0 },
};
