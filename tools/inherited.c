/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/inherited.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <unistd.h>

static bool size_signal_was_ignored;

void inherited_mend(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
			/* open() takes the lowest free descriptor, which is FD. */
			(void)open("/dev/null", O_RDWR);
	signal(SIGCHLD, SIG_DFL);
	size_signal_was_ignored = signal(SIGXFSZ, SIG_IGN) == SIG_IGN;
}

void inherited_restore(void)
{
	if (!size_signal_was_ignored)
		signal(SIGXFSZ, SIG_DFL);
}
