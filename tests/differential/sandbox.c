/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/differential/sandbox.h"

#include "common/base/scope.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#define CONNECTIONS "/sys/fs/fuse/connections"

static void write_file(const char *path, const char *text)
{
	auto_close int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd >= 0 && write(fd, text, strlen(text)) < 0)
		fprintf(stderr, "write %s: %s\n", path, strerror(errno));
}

static void write_maps(pid_t pid, bool one_id)
{
	char path[64], map[64];
	static const char *const files[] = { "uid_map", "gid_map" };

	if (one_id) {
		snprintf(path, sizeof(path), "/proc/%d/setgroups", pid);
		write_file(path, "deny");
	}
	for (int i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "/proc/%d/%s", pid, files[i]);
		snprintf(map, sizeof(map), "0 %u %u", one_id ? (i ? getegid() : geteuid()) : 0,
			one_id ? 1 : 65536);
		write_file(path, map);
	}
}

/* Aborts the FUSE connections. A process that waits for a daemon's answer cannot be killed by any
 * signal; an abort ends the wait. */
static void abort_connections(const struct sandbox_shared *shared)
{
	char path[64];

	if (unshare(CLONE_NEWNS) == 0 && mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0)
		mount("fusectl", CONNECTIONS, "fusectl", 0, NULL);
	for (size_t i = 0; i < 8; i++) {
		if (!shared->fuse_connections[i])
			continue;
		snprintf(path, sizeof(path), CONNECTIONS "/%u/abort", shared->fuse_connections[i]);
		write_file(path, "1");
	}
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Reads the report up to the end of the pipe. Returns false if that takes too long. */
static bool read_report(int fd, unsigned seconds, FILE *report)
{
	char buffer[4096];
	int64_t end = now_ms() + 1000 * (int64_t)seconds;

	for (;;) {
		int64_t left = end - now_ms();
		struct pollfd poll_ = { .fd = fd, .events = POLLIN };

		if (left <= 0 || poll(&poll_, 1, (int)left) == 0)
			return false;
		ssize_t n = read(fd, buffer, sizeof(buffer));
		if (n == 0)
			return true;
		if (n > 0)
			fwrite(buffer, 1, (size_t)n, report);
	}
}

static bool ended(pid_t pid, int *status, int tries)
{
	while (tries-- > 0) {
		if (waitpid(pid, status, WNOHANG) == pid)
			return true;
		usleep(50000);
	}
	return false;
}

static int stop(pid_t pid, const struct sandbox_shared *shared, FILE *report)
{
	int status;

	fprintf(report, "  hangs: no end within the time limit; last: %s\n", shared->doing);
	kill(pid, SIGKILL);
	if (ended(pid, &status, 60))
		return SANDBOX_TIMEOUT;
	fputs("  not even SIGKILL ends it: aborting the FUSE connections\n", report);
	abort_connections(shared);
	if (!ended(pid, &status, 200))
		fputs("  still there\n", report);
	return SANDBOX_TIMEOUT;
}

static int status_of(int status, const struct sandbox_shared *shared, FILE *report)
{
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	fprintf(report, "  died of signal %d; last: %s\n", WTERMSIG(status), shared->doing);
	return SANDBOX_CRASHED;
}

static _Noreturn void inside(const struct sandbox_options *options, int go, int out, sandbox_fn *fn,
	struct sandbox_shared *shared, void *arg)
{
	char byte;
	FILE *report = fdopen(out, "w");

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (!report || read(go, &byte, 1) != 1)
		_exit(SANDBOX_REFUSED);
	if (options->userns && (setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0))
		_exit(SANDBOX_REFUSED);
	if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		_exit(SANDBOX_REFUSED);
	/* The daemon needs /proc to look up a caller's groups. */
	if (mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0)
		_exit(SANDBOX_REFUSED);
	int status = fn(shared, arg, report);
	fclose(report);
	_exit(status);
}

static int supervise(const struct sandbox_options *options, pid_t pid, int go, int from,
	const struct sandbox_shared *shared, FILE *report)
{
	int status;

	if (options->userns)
		write_maps(pid, options->one_id);
	if (write(go, "g", 1) != 1 || !read_report(from, options->timeout, report))
		return stop(pid, shared, report);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return SANDBOX_CRASHED;
	return status_of(status, shared, report);
}

int sandbox_run(const struct sandbox_options *options, sandbox_fn *fn, void *arg, char **ret_report)
{
	int out[2], go[2], status = SANDBOX_REFUSED;
	size_t size;
	unsigned long flags = CLONE_NEWNS | CLONE_NEWPID | (options->userns ? CLONE_NEWUSER : 0);
	struct sandbox_shared *shared = mmap(
		NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	FILE *report = open_memstream(ret_report, &size);

	if (shared == MAP_FAILED || !report || pipe2(out, O_CLOEXEC) < 0 ||
		pipe2(go, O_CLOEXEC) < 0)
		abort();
	fflush(NULL);
	/* clone() instead of fork(): the process must be the first one of its pid namespace. */

	pid_t pid = (pid_t)syscall(SYS_clone, flags | SIGCHLD, 0, 0, 0, 0);
	if (pid == 0) {
		close(go[1]);
		inside(options, go[0], out[1], fn, shared, arg);
	}
	close(out[1]);
	close(go[0]);
	if (pid < 0)
		fprintf(report, "  new namespaces: %s\n", strerror(errno));
	else
		status = supervise(options, pid, go[1], out[0], shared, report);
	close(out[0]);
	close(go[1]);
	fclose(report);
	munmap(shared, sizeof(*shared));
	return status;
}
