/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale/engine/program.h"

#include "common/base/scope.h"

#include <ctype.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

extern char **environ;

enum { MOST_MS = 15000 };

#define SBIN ":/usr/local/sbin:/usr/sbin:/sbin"

bool program_find(const char *name, char ret_path[PATH_MAX])
{
	const char *path = getenv("PATH");
	auto_free char *all = NULL;
	char *rest, *dir;

	if (asprintf(&all, "%s" SBIN, path ? path : "/usr/bin:/bin") < 0) {
		all = NULL;
		return false;
	}
	for (dir = strtok_r(all, ":", &rest); dir; dir = strtok_r(NULL, ":", &rest)) {
		int n = snprintf(ret_path, PATH_MAX, "%s/%s", dir, name);

		if (n < PATH_MAX && access(ret_path, X_OK) == 0)
			return true;
	}
	return false;
}

static int start(const char *const *argv, int output, pid_t *ret)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t signals;

	sigfillset(&signals);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setsigdefault(&attributes, &signals);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
	int r = -posix_spawn(ret, argv[0], &actions, &attributes, (char **)argv, environ);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return r;
}

static int ms_since(const struct timespec *begin)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int)((now.tv_sec - begin->tv_sec) * 1000 +
		     (now.tv_nsec - begin->tv_nsec) / 1000000);
}

/* Reads all output of the program: without a reader it would block. Stops when the program ends: a
 * daemon that it started may keep the outputs open. */
static int collect(pid_t pid, int fd, char *ret, size_t size, int *ret_status)
{
	struct timespec begin;
	size_t n = 0;
	bool ended = false;

	clock_gettime(CLOCK_MONOTONIC, &begin);
	while (!ended) {
		char buf[4096];
		struct pollfd poll_fd = { .fd = fd, .events = POLLIN };

		if (ms_since(&begin) > MOST_MS)
			return -ETIMEDOUT;
		ended = waitpid(pid, ret_status, WNOHANG) == pid;
		while (poll(&poll_fd, 1, ended ? 0 : 20) > 0) {
			ssize_t got = read(fd, buf, sizeof(buf));

			if (got <= 0)
				break;
			size_t room = size - 1 - n;
			size_t kept = (size_t)got < room ? (size_t)got : room;
			memcpy(ret + n, buf, kept);
			n += kept;
		}
	}
	ret[n] = '\0';
	return 0;
}

int program_run(const char *const *argv, char *ret, size_t size)
{
	int fds[2], status = 0;
	pid_t pid;
	int r = sys(pipe2(fds, O_CLOEXEC));

	*ret = '\0';
	if (r < 0)
		return r;
	auto_close int ours = fds[0], theirs = fds[1];
	r = start(argv, theirs, &pid);
	if (r < 0)
		return r;
	close(steal_fd(&theirs));
	r = collect(pid, ours, ret, size, &status);
	if (r < 0) {
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
		return r;
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : -EINTR;
}

int program_ask(const char *const *argv, char *ret, size_t size)
{
	enum { MOST_WORDS = 8 };
	const char *own[MOST_WORDS + 1] = { NULL };
	char path[PATH_MAX];

	*ret = '\0';
	if (!program_find(argv[0], path))
		return -ENOENT;
	own[0] = path;
	for (size_t i = 1; i < MOST_WORDS && argv[i]; i++)
		own[i] = argv[i];
	return program_run(own, ret, size);
}

const char *program_last_line(char *text)
{
	size_t n = strlen(text);

	while (n && isspace((unsigned char)text[n - 1]))
		text[--n] = '\0';
	const char *last = strrchr(text, '\n');
	return last ? last + 1 : text;
}

static bool find_beside(const char *name, char ret_path[PATH_MAX])
{
	ssize_t n = readlink("/proc/self/exe", ret_path, PATH_MAX - 1);

	if (n <= 0)
		return false;
	ret_path[n] = '\0';
	char *slash = strrchr(ret_path, '/');
	const size_t room = slash ? (size_t)(PATH_MAX - (slash + 1 - ret_path)) : 0;
	return slash && (size_t)snprintf(slash + 1, room, "%s", name) < room &&
	       access(ret_path, X_OK) == 0;
}

bool program_find_fuse(char ret_path[PATH_MAX])
{
	const char *named = getenv("SHALE_FUSE");

	if (named && *named == '/' && access(named, X_OK) == 0)
		return snprintf(ret_path, PATH_MAX, "%s", named) < PATH_MAX;
	return find_beside("shale-fuse", ret_path) || program_find("shale-fuse", ret_path);
}

bool program_version(const char *text, int *ret_major, int *ret_minor)
{
	for (const char *p = text; *p; p++) {
		bool begins = p == text || isspace((unsigned char)p[-1]) || p[-1] == 'v';

		if (begins && isdigit((unsigned char)*p) &&
			sscanf(p, "%d.%d", ret_major, ret_minor) == 2)
			return true;
	}
	return false;
}
