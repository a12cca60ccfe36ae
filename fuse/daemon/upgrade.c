/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/daemon/upgrade.h"

#include "common/base/scope.h"
#include "fuse/merge/table/kept.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
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

bool upgrade_check(const struct upgrade *upgrade)
{
	int status = -1;
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

static void set_close_on_exec(bool close_on_exec)
{
	auto_closedir DIR *dir = opendir("/proc/self/fd");
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		int fd = atoi(entry->d_name);
		if (fd > STDERR_FILENO && fd != dirfd(dir))
			(void)fcntl(fd, F_SETFD, close_on_exec ? FD_CLOEXEC : 0);
	}
}

void upgrade_start(const struct upgrade *upgrade)
{
	char option[64];
	size_t n = 0, used = 0;

	while (upgrade->argv[n])
		n++;
	auto_free char **argv = calloc(n + 2, sizeof(*argv));
	if (!argv)
		return;
	snprintf(option, sizeof(option), OPTION_ADOPT "%d", upgrade->kept->memfd);
	argv[used++] = n ? upgrade->argv[0] : (char *)"shale-fuse";
	argv[used++] = option;
	for (size_t i = 1; i < n; i++)
		if (strncmp(upgrade->argv[i], OPTION_ADOPT, strlen(OPTION_ADOPT)))
			argv[used++] = upgrade->argv[i];
	set_close_on_exec(false);
	execve(upgrade->program, argv, environ);
	fprintf(stderr, "shale-fuse: start '%s': %s\n", upgrade->program, strerror(errno));
	upgrade_done();
}

/* The keeper is the worker's parent for as long as it lives. */
int upgrade_possible(const struct kept *kept)
{
	if (!kept)
		return -EOPNOTSUPP;
	return getppid() == kept->keeper ? 0 : -ESRCH;
}

void upgrade_ask(const struct kept *kept)
{
	kill(kept->keeper, SIGHUP);
}

void upgrade_done(void)
{
	set_close_on_exec(true);
}
