/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Measures programs that people use: each piece of work runs one in the mount. */
#include "tests/bench/work.h"

#include "common/base/scope.h"

#include <fcntl.h>
#include <sys/wait.h>

static void become(const struct job *job, const char *const *argv)
{
	int null = open("/dev/null", O_RDWR);

	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	if (chdir(job->path) == 0)
		execvp(argv[0], (char *const *)argv);
	_exit(127);
}

static int run(const struct job *job, const char *const *argv)
{
	int status;
	pid_t child = fork();

	if (child == 0)
		become(job, argv);
	if (child < 0 || waitpid(child, &status, 0) < 0)
		return -errno;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -EIO;
}

#define RUN(...) run(job, (const char *const[]){ __VA_ARGS__, NULL })

static long many(const struct job *job, uint32_t n, int (*once)(const struct job *job))
{
	int r = 0;

	for (uint32_t i = 0; r == 0 && i < n; i++)
		r = once(job);
	return r < 0 ? r : (long)n;
}

static long untar(const struct job *job)
{
	int r = job->tar ? RUN("tar", "-xf", job->tar) : -EINVAL;

	return r < 0 ? r : 1;
}

static long tar(const struct job *job)
{
	int r = RUN("sh", "-c", "tar -cf - untarred | cat");

	return r < 0 ? r : 1;
}

static long find(const struct job *job)
{
	int r = RUN("find", "untarred", "-size", "+1000");

	return r < 0 ? r : 1;
}

static long remove_new(const struct job *job)
{
	int r = RUN("rm", "-rf", "untarred");

	return r < 0 ? r : 1;
}

static long remove_lower(const struct job *job)
{
	int r = RUN("sh", "-c", "rm -rf d00[0-4]*");

	return r < 0 ? r : 1;
}

static long chown_lower(const struct job *job)
{
	int r = RUN("sh", "-c", "chown -R 12:34 d00[5-9]*");

	return r < 0 ? r : 1;
}

static int status_once(const struct job *job)
{
	return RUN("git", "-C", "repository", "status", "--porcelain");
}

static long git_status(const struct job *job)
{
	return many(job, scaled(job, 5), status_once);
}

static long git_commit(const struct job *job)
{
	int r = RUN("sh", "-c",
		"cd repository && echo change >>file-1 && git add file-1 && git commit -qm change");

	return r < 0 ? r : 1;
}

/* Installs packages into a directory, as in a chroot. That writes, renames and syncs like a real
 * installation. */
static long install(const struct job *job)
{
	int r = job->packages
			? RUN("sh", "-c",
				  "dpkg --root=\"$PWD/system\" --force-bad-path -i \"$0\"/*.deb",
				  job->packages)
			: -EINVAL;

	return r < 0 ? r : 1;
}

static int compile_once(const struct job *job)
{
	return RUN("gcc", "-I", ".", "-c", "-o", "source/program.o", "source/program.c");
}

static long compile(const struct job *job)
{
	return many(job, scaled(job, 5), compile_once);
}

const struct work works_of_programs[] = {
	{ "programs", "untar", "untar small files", NULL, untar },
	{ "programs", "find", "find over them", NULL, find },
	{ "programs", "tar", "tar them", NULL, tar },
	{ "programs", "rm-new", "rm -rf of them", NULL, remove_new },
	{ "programs", "rm-lower", "rm -rf of lower files", NULL, remove_lower },
	{ "programs", "chown-R-lower", "chown -R of lower files", NULL, chown_lower },
	{ "programs", "git-status", "git status", status_once, git_status },
	{ "programs", "git-commit", "git add and commit of one file", NULL, git_commit },
	{ "programs", "compile", "gcc -c", compile_once, compile },
	{ "programs", "dpkg", "dpkg -i of 20 packages", NULL, install },
	{ 0 },
};
