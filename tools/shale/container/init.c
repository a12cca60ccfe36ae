/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale/container/init.h"

#include "common/base/scope.h"
#include "tools/shale/cli.h"
#include "tools/shale/container/channel.h"
#include "tools/shale/container/identity.h"
#include "tools/shale/container/inside.h"
#include "tools/shale/container/capabilities.h"
#include "tools/shale/container/terminal.h"

#include <fcntl.h>
#include <linux/keyctl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

enum { NOT_EXECUTABLE = 126, NOT_FOUND = 127 };

static int set_environment(const struct container *container, const struct identity *identity)
{
	int r = clearenv() ? -ENOMEM : 0;

	for (char *const *pair = container->env; *pair && r == 0; pair++)
		if (strchr(*pair, '='))
			r = sys(putenv(*pair));
	if (r == 0)
		r = sys(setenv(
			"PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", 0));
	return r < 0 ? r : sys(setenv("HOME", identity->home, 0));
}

/* Changes to the working directory. Makes it if it is missing, as Docker does. */
static int enter_working_dir(int root, const struct container *container, struct shale_error *err)
{
	const char *path = *container->working_dir ? container->working_dir : "/";
	auto_close int dir = inside_make(root, path, true);
	int r = dir < 0 ? dir : sys(fchdir(dir));

	return r < 0 ? cli_fail(err, r, "enter the working directory '%.300s'", path) : 0;
}

static int make_directories(const struct container *container, struct shale_error *err)
{
	auto_close int root = sys(open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));

	if (root < 0)
		return cli_fail(err, root, "open '/'");
	for (char *const *path = container->directories; *path; path++) {
		auto_close int dir = inside_make(root, *path, true);
		if (dir < 0)
			return cli_fail(err, dir, "make the volume's directory '%.300s'", *path);
	}
	return enter_working_dir(root, container, err);
}

/* Gives signals their default actions, and blocks none, as Docker does: the caller may have changed
 * them. */
static void reset_signals(void)
{
	sigset_t none;

	for (int number = 1; number < NSIG; number++)
		signal(number, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static int become_command(const struct container *container, const struct identity *identity,
	int master, struct shale_error *err)
{
	int r = sys(setsid());

	/* A new session keyring: the command must not see the keys of the caller. Fails harmlessly
	 * on a kernel without keyrings. */
	syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL);
	if (r >= 0)
		r = sys(prctl(PR_SET_PDEATHSIG, SIGKILL));
	if (r >= 0 && master >= 0)
		r = terminal_attach(master, identity->uid, err);
	if (r >= 0)
		r = make_directories(container, err);
	if (r >= 0)
		r = identity_assume(identity, err);
	if (r >= 0 && identity->uid == 0)
		r = privileges_drop(err);
	if (r >= 0)
		r = set_environment(container, identity);
	if (r >= 0)
		r = sys(close_range(STDERR_FILENO + 1, ~0U, 0));
	umask(022);
	reset_signals();
	return r < 0 ? r : 0;
}

static _Noreturn void command_main(
	const struct container *container, const struct identity *identity, int master)
{
	struct shale_error err = { 0 };
	int r = become_command(container, identity, master, &err);

	if (r < 0) {
		cli_fail(&err, r, "start the command");
		cli_print_error(&err);
		_exit(1);
	}
	execvp(container->command[0], container->command);
	r = -errno;
	cli_fail(&err, r, "run '%.300s'", container->command[0]);
	cli_print_error(&err);
	_exit(r == -ENOENT ? NOT_FOUND : NOT_EXECUTABLE);
}

static int status_of(int status)
{
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* Waits for children until COMMAND ends. Orphans become children of this process, since it is the
 * first one in its namespace. */
static void reap(pid_t command)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		if (pid == command)
			_exit(status_of(status));
}

static _Noreturn void serve(pid_t command)
{
	sigset_t blocked;

	sigprocmask(SIG_SETMASK, NULL, &blocked);
	for (;;) {
		int signal = sigwaitinfo(&blocked, NULL);
		if (signal == SIGCHLD)
			reap(command);
		else if (signal > 0)
			kill(command, signal);
	}
}

/* Has the kernel kill this process when the process outside ends. That process may have ended
 * before PR_SET_PDEATHSIG was set, so checks it once. */
static int bind_to_parent(int channel, struct shale_error *err)
{
	int r = sys(prctl(PR_SET_PDEATHSIG, SIGKILL));

	if (r == 0 && channel_is_closed(channel))
		r = -ECANCELED;
	return r < 0 ? cli_fail(err, r, "start the container") : 0;
}

static int set_up(const struct container *container, int channel, struct identity *identity,
	struct shale_error *err)
{
	int r = bind_to_parent(channel, err);

	if (r == 0)
		r = rootfs_enter(container->root, container->volumes, container->n_volumes, err);
	if (r < 0)
		return r;
	auto_close int root = sys(open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
	r = root < 0 ? cli_fail(err, root, "open the root directory")
		     : identity_find(root, container->user, identity, err);
	return r < 0 ? r : privileges_bound(container->no_new_privileges, err);
}

static int make_terminal(int channel, struct shale_error *err)
{
	auto_close int master = terminal_new(err);
	int r = master < 0 ? master : channel_send_fd(channel, master);

	if (r < 0)
		return cli_fail(err, r, "make a terminal");
	return steal_fd(&master);
}

/* Makes other processes unable to read this one through /proc: it runs the host's program, perhaps
 * as root of the host. */
static int shut(struct shale_error *err)
{
	int r = sys(prctl(PR_SET_DUMPABLE, 0));

	return r < 0 ? cli_fail(err, r, "shut the container") : 0;
}

_Noreturn void init_main(const struct container *container, int channel, bool terminal)
{
	struct shale_error err = { 0 };
	struct identity identity;
	int master = -1;
	int r = set_up(container, channel, &identity, &err);

	if (r == 0 && terminal)
		r = master = make_terminal(channel, &err);
	if (r >= 0)
		r = shut(&err);
	pid_t command = r < 0 ? r : sys(fork());
	if (command == 0)
		command_main(container, &identity, master);
	if (r >= 0 && command < 0)
		cli_fail(&err, command, "fork");
	else if (r >= 0)
		r = privileges_drop(&err);
	if (r < 0 || command < 0) {
		cli_print_error(&err);
		_exit(1);
	}
	close_range(STDERR_FILENO + 1, ~0U, 0);
	serve(command);
}
