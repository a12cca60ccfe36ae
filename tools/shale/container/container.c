/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale/container/container.h"

#include "common/base/scope.h"
#include "tools/shale/cli.h"
#include "tools/shale/container/channel.h"
#include "tools/shale/container/init.h"
#include "tools/shale/container/terminal.h"

#include <linux/sched.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>

/* The signals to pass on to the container: those that a user or a service manager sends. */
static void fill_signals(sigset_t *signals)
{
	static const int list[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGWINCH,
		SIGCHLD };

	sigemptyset(signals);
	for (size_t i = 0; i < sizeof(list) / sizeof(*list); i++)
		sigaddset(signals, list[i]);
}

/* Forks a child into the new namespaces. This process itself does not enter them, because it will
 * have other children. */
static pid_t fork_into_namespaces(void)
{
	struct clone_args args = {
		.flags = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC,
		.exit_signal = SIGCHLD,
	};

	fflush(NULL);
	return (pid_t)sys(syscall(SYS_clone3, &args, sizeof(args)));
}

static int status_of(int status)
{
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* Handles one signal. If INIT has ended, returns its exit status; else -EAGAIN. */
static int handle_signal(int signals, pid_t init, const struct terminal *terminal)
{
	struct signalfd_siginfo info;
	int status;

	if (read(signals, &info, sizeof(info)) != sizeof(info))
		return -EAGAIN;
	if (info.ssi_signo == SIGCHLD)
		return waitpid(init, &status, WNOHANG) == init ? status_of(status) : -EAGAIN;
	if (info.ssi_signo == SIGWINCH && terminal->master >= 0)
		terminal_resize(terminal);
	else
		kill(init, (int)info.ssi_signo);
	return -EAGAIN;
}

static int serve(int signals, pid_t init, struct terminal *terminal)
{
	for (int r = -EAGAIN;;) {
		const bool tty = terminal->master >= 0;
		struct pollfd fds[] = { { signals, POLLIN, 0 },
			{ tty && !terminal->n_input ? STDIN_FILENO : -1, POLLIN, 0 },
			{ terminal->master, (short)(POLLIN | (terminal->n_input ? POLLOUT : 0)),
				0 } };
		if (poll(fds, 3, -1) < 0)
			continue;
		if (tty) {
			terminal_copy_in(terminal, fds[1].revents);
			terminal_copy_out(terminal, fds[2].revents);
		}
		if (fds[0].revents)
			r = handle_signal(signals, init, terminal);
		if (r != -EAGAIN)
			return r;
	}
}

static int attend(pid_t init, int channel, bool with_terminal, const sigset_t *blocked)
{
	auto_close int signals = signalfd(-1, blocked, SFD_CLOEXEC);
	struct terminal terminal = { .master = -1 };

	if (signals < 0) {
		kill(init, SIGKILL);
		waitpid(init, NULL, 0);
		return -ENOMEM;
	}
	/* If no descriptor of the terminal comes, init has failed and has reported why. */
	if (with_terminal)
		terminal_begin(&terminal, channel_receive_fd(channel));
	int r = serve(signals, init, &terminal);
	terminal_end(&terminal);
	return r;
}

int container_run(const struct container *container, struct shale_error *err)
{
	const bool terminal = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
	sigset_t blocked, before;
	int ends[2];
	int r = channel_open(ends);

	if (r < 0)
		return cli_fail(err, r, "make a channel");
	auto_close int ours = ends[0];
	auto_close int theirs = ends[1];
	fill_signals(&blocked);
	sigprocmask(SIG_SETMASK, &blocked, &before);
	pid_t init = fork_into_namespaces();
	if (init == 0) {
		close(steal_fd(&ours));
		init_main(container, theirs, terminal);
	}
	close(steal_fd(&theirs));
	r = init < 0 ? init : attend(init, ours, terminal, &blocked);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return r < 0 ? cli_fail(err, r, "start the container") : r;
}
