/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/connect.h"

#include "common/base/scope.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

int connect_unix(const char *path, int seconds)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	const struct timeval most = { .tv_sec = seconds };

	if (strlen(path) >= sizeof(to.sun_path))
		return -ENAMETOOLONG;
	strcpy(to.sun_path, path);
	auto_close int fd = sys(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
	if (fd < 0)
		return fd;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &most, sizeof(most));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &most, sizeof(most));
	int r = sys(connect(fd, (const struct sockaddr *)&to, sizeof(to)));
	return r < 0 ? r : steal_fd(&fd);
}
