/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale/container/terminal.h"

#include "common/base/scope.h"
#include "tools/shale/cli.h"

#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

int terminal_new(struct shale_error *err)
{
	const int unlocked = 0;
	auto_close int master = sys(open("/dev/pts/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC));
	int r = master < 0 ? master : sys(ioctl(master, TIOCSPTLCK, &unlocked));

	return r < 0 ? cli_fail(err, r, "make a terminal") : steal_fd(&master);
}

int terminal_attach(int master, uid_t owner, struct shale_error *err)
{
	auto_close int slave = sys(ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC));
	int r = slave < 0 ? slave : sys(fchown(slave, owner, (gid_t)-1));

	if (r == 0)
		r = sys(ioctl(slave, TIOCSCTTY, 0));
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO && r >= 0; fd++)
		if (isatty(fd))
			r = sys(dup2(slave, fd));
	return r < 0 ? cli_fail(err, r, "make a terminal") : 0;
}

void terminal_begin(struct terminal *terminal, int master)
{
	*terminal = (struct terminal){ .master = master };
	if (master < 0 || tcgetattr(STDIN_FILENO, &terminal->before) < 0)
		return;
	struct termios raw = terminal->before;
	cfmakeraw(&raw);
	terminal->raw = tcsetattr(STDIN_FILENO, TCSADRAIN, &raw) == 0;
	fcntl(master, F_SETFL, O_NONBLOCK);
	terminal_resize(terminal);
}

void terminal_resize(const struct terminal *terminal)
{
	struct winsize size;

	if (terminal->master >= 0 && ioctl(STDIN_FILENO, TIOCGWINSZ, &size) == 0)
		ioctl(terminal->master, TIOCSWINSZ, &size);
}

/* Passes the user's input to the container. If the container does not take it, keeps it, and reads
 * no more until it does. */
void terminal_copy_in(struct terminal *terminal, short ready)
{
	if (!terminal->n_input && (ready & (POLLIN | POLLHUP))) {
		ssize_t n = read(STDIN_FILENO, terminal->input, sizeof(terminal->input));
		terminal->n_input = n > 0 ? (size_t)n : 0;
	}
	if (!terminal->n_input)
		return;
	ssize_t n = write(terminal->master, terminal->input, terminal->n_input);
	if (n <= 0)
		return;
	terminal->n_input -= (size_t)n;
	memmove(terminal->input, terminal->input + n, terminal->n_input);
}

static void write_out(const char *data, size_t size)
{
	while (size > 0) {
		ssize_t n = write(STDOUT_FILENO, data, size);
		if (n < 0 && errno != EINTR && errno != EAGAIN)
			return;
		if (n > 0) {
			data += n;
			size -= (size_t)n;
		}
	}
}

void terminal_copy_out(struct terminal *terminal, short ready)
{
	char buf[4096];
	ssize_t n;

	if (terminal->master < 0 || !(ready & (POLLIN | POLLHUP | POLLERR)))
		return;
	n = read(terminal->master, buf, sizeof(buf));
	if (n > 0)
		write_out(buf, (size_t)n);
}

void terminal_end(struct terminal *terminal)
{
	struct pollfd rest = { .fd = terminal->master, .events = POLLIN };

	while (terminal->master >= 0 && poll(&rest, 1, 0) > 0 && (rest.revents & POLLIN))
		terminal_copy_out(terminal, rest.revents);
	if (terminal->raw)
		tcsetattr(STDIN_FILENO, TCSADRAIN, &terminal->before);
	cleanup_close(&terminal->master);
	terminal->master = -1;
}
