/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/daemon/upgrade.h"

#include "common/base/scope.h"
#include "fuse/daemon/process.h"
#include "fuse/merge/table/kept_state.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>

extern char **environ;

static void run_check(const struct upgrade *upgrade)
{
	char option[64];
	char *argv[] = { (char *)"shale-fuse", option, NULL };
	sigset_t none;

	snprintf(option, sizeof(option), OPTION_TAKES "%u:%u", upgrade->kept->version,
		upgrade->kept->layout);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	execve(upgrade->program, argv, environ);
	_exit(127);
}

/* Whether another program can take over this mount. The kernel must be able to send unanswered
 * requests once more, and the upper filesystem must let the next worker find its files. */
static bool can_replace(const struct kept_state *kept)
{
	if (kept->resends && !kept->poor)
		return true;
	fprintf(stderr, "shale-fuse: no other program can take over: %s\n",
		kept->poor ? "the upper filesystem lacks too much"
			   : "this kernel does not send requests again (Linux 6.9 does)");
	return false;
}

bool upgrade_check(const struct upgrade *upgrade)
{
	int status = -1;

	if (!can_replace(upgrade->kept))
		return false;
	pid_t child = fork();

	if (child == 0)
		run_check(upgrade);
	while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	if (child > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return true;
	fprintf(stderr,
		"shale-fuse: '%s' cannot take over from this version: the one that runs goes on\n",
		upgrade->program);
	return false;
}

/* A directory entry as getdents64(2) returns it. */
struct listed {
	uint64_t ino;
	int64_t offset;
	uint16_t size;
	uint8_t type;
	char name[];
};

/* Sets or clears close-on-exec on all descriptors but the standard ones. Allocates no memory: this
 * process may be a fork of a process with threads, and another thread may have held the allocator's
 * lock. */
static void set_close_on_exec(bool close_on_exec)
{
	alignas(uint64_t) char names[2048];
	int dir = open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	long n;

	while (dir >= 0 && (n = syscall(SYS_getdents64, dir, names, sizeof(names))) > 0)
		for (long at = 0; at < n; at += ((struct listed *)(names + at))->size) {
			int fd = atoi(((struct listed *)(names + at))->name);
			if (fd > STDERR_FILENO && fd != dir)
				(void)fcntl(fd, F_SETFD, close_on_exec ? FD_CLOEXEC : 0);
		}
	close(dir);
}

/* Builds the arguments for the next program in one allocation: the pointers, then the text of the
 * new option. */
static char **next_argv(const struct upgrade *upgrade)
{
	enum { OPTION_SIZE = 64 };
	size_t n = 0, used = 0;

	while (upgrade->argv[n])
		n++;
	char **argv = calloc(1, (n + 3) * sizeof(*argv) + OPTION_SIZE);
	if (!argv)
		return NULL;
	char *option = (char *)(argv + n + 3);
	snprintf(option, OPTION_SIZE, OPTION_ADOPT "%d", upgrade->kept->memfd);
	argv[used++] = n ? upgrade->argv[0] : (char *)"shale-fuse";
	argv[used++] = option;
	for (size_t i = 1; i < n; i++)
		if (strncmp(upgrade->argv[i], OPTION_ADOPT, strlen(OPTION_ADOPT)))
			argv[used++] = upgrade->argv[i];
	return argv;
}

void upgrade_start(const struct upgrade *upgrade)
{
	auto_free char **argv = next_argv(upgrade);

	if (!argv)
		return;
	set_close_on_exec(false);
	execve(upgrade->program, argv, environ);
	fprintf(stderr, "shale-fuse: start '%s': %s\n", upgrade->program, strerror(errno));
	upgrade_done();
}

/* ---- in a worker ---- */

/* Runs in a child of the worker that shares its descriptors: kills the worker, and becomes a
 * keeper. May only make system calls, because other threads of the worker may hold locks of the C
 * library. */
static void take_place(const struct upgrade *upgrade, char **argv, int worker)
{
	struct pollfd ended = { .fd = worker, .events = POLLIN };

	if (syscall(SYS_pidfd_send_signal, worker, SIGKILL, NULL, 0) < 0)
		_exit(EXIT_FAILURE);
	while (!(ended.revents & POLLIN))
		if (poll(&ended, 1, -1) < 0 && errno != EINTR)
			_exit(EXIT_FAILURE);
	set_close_on_exec(false);
	execve(upgrade->program, argv, environ);
	_exit(EXIT_FAILURE);
}

/* The keeper has died, so nobody would start another worker. Forks a new keeper. */
static bool replace_keeper(const struct upgrade *upgrade)
{
	struct kept_state *kept = upgrade->kept;
	auto_free char **argv = next_argv(upgrade);
	auto_close int worker = (int)syscall(SYS_pidfd_open, getpid(), 0);

	if (!argv || worker < 0 || !upgrade_check(upgrade))
		return false;
	kept->upgrades++;
	pid_t child = process_clone();
	if (child == 0)
		take_place(upgrade, argv, worker);
	kept->upgrades -= child < 0;
	/* The child shares the table of descriptors and still needs WORKER: do not close it
	 * here. */
	if (child > 0)
		steal_fd(&worker);
	return child > 0;
}

void upgrade_ask(const struct upgrade *upgrade)
{
	/* Only one thread may do this: two keepers would start two workers. */
	static atomic_bool replacing;
	struct kept_state *kept = upgrade->kept;

	/* While the keeper lives, it is the worker's parent. */
	if (getppid() == kept->keeper) {
		kill(kept->keeper, SIGHUP);
	} else if (!atomic_exchange(&replacing, true) && !replace_keeper(upgrade)) {
		kept->refused++;
		replacing = false;
	}
}

void upgrade_done(void)
{
	set_close_on_exec(true);
}
