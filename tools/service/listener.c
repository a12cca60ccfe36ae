/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/service/listener.h"

#include "common/base/scope.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

enum { FIRST_PASSED = 3, BACKLOG = 128 };

static int fail(struct shale_error *err, int code, const char *what, const char *path)
{
	if (!err)
		return code;
	*err = (struct shale_error){ .code = code };
	snprintf(err->text, sizeof(err->text), "%s '%s': %s", what, path, strerror(-code));
	return code;
}

/* ---- a socket that systemd passes ---- */

static bool is_listening_here(int fd)
{
	struct sockaddr_un address;
	socklen_t size = sizeof(address);
	int listening = 0;

	if (getsockname(fd, (struct sockaddr *)&address, &size) < 0 ||
		address.sun_family != AF_UNIX)
		return false;
	size = sizeof(listening);
	return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) == 0 && listening;
}

/* Returns the descriptor that systemd passed to this process; -1 if it passed none. */
static int passed_socket(struct shale_error *err)
{
	const char *pid = getenv("LISTEN_PID"), *count = getenv("LISTEN_FDS");
	bool ours = pid && count && atol(pid) == getpid() && atol(count) > 0;
	bool several = ours && atol(count) != 1;

	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
	if (!ours)
		return -1;
	if (several || !is_listening_here(FIRST_PASSED))
		return fail(err, -EINVAL, "take over one listening unix socket", "LISTEN_FDS");
	int r = sys(fcntl(FIRST_PASSED, F_SETFD, FD_CLOEXEC));
	return r < 0 ? fail(err, r, "take over", "LISTEN_FDS") : FIRST_PASSED;
}

/* ---- a socket that the service makes ---- */

static int make_directories(const char *path)
{
	auto_free char *copy = strdup(path);

	if (!copy)
		return -ENOMEM;
	for (char *p = strchr(copy + 1, '/'); p; p = strchr(p + 1, '/')) {
		*p = 0;
		if (mkdir(copy, 0711) < 0 && errno != EEXIST)
			return -errno;
		*p = '/';
	}
	return 0;
}

/* Tells whether a server listens at ADDRESS. connect(2) succeeds then, or fails with EAGAIN because
 * the server's queue is full. */
static bool is_alive(const struct sockaddr_un *address)
{
	auto_close int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	return fd >= 0 && (connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0 ||
				  errno == EAGAIN);
}

static int bind_at(int fd, const struct sockaddr_un *address)
{
	mode_t mask = umask(0177);
	int r = sys(bind(fd, (const struct sockaddr *)address, sizeof(*address)));

	umask(mask);
	return r;
}

static int bind_anew(int fd, const struct sockaddr_un *address)
{
	struct stat st;
	int r = bind_at(fd, address);

	if (r != -EADDRINUSE || lstat(address->sun_path, &st) < 0 || !S_ISSOCK(st.st_mode) ||
		is_alive(address))
		return r;
	unlink(address->sun_path);
	return bind_at(fd, address);
}

int listener_open(const char *path, struct listener *ret, struct shale_error *err)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct stat st;
	int passed = passed_socket(err);

	if (passed != -1) {
		*ret = (struct listener){ .fd = passed };
		return passed < 0 ? passed : 0;
	}
	if (strlen(path) >= sizeof(address.sun_path))
		return fail(err, -ENAMETOOLONG, "listen at", path);
	strcpy(address.sun_path, path);
	int r = make_directories(path);
	if (r < 0)
		return fail(err, r, "make the directory of", path);
	auto_close int fd = sys(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
	r = fd < 0 ? fd : bind_anew(fd, &address);
	if (r == 0)
		r = sys(listen(fd, BACKLOG));
	if (r == 0)
		r = sys(lstat(path, &st));
	auto_free char *own = strdup(path);
	if (r < 0 || !own)
		return fail(err, r < 0 ? r : -ENOMEM, "listen at", path);
	*ret = (struct listener){
		.fd = steal_fd(&fd), .path = steal_ptr(&own), .dev = st.st_dev, .ino = st.st_ino
	};
	return 0;
}

void listener_close(struct listener *listener)
{
	struct stat st;

	if (listener->path && lstat(listener->path, &st) == 0 && st.st_dev == listener->dev &&
		st.st_ino == listener->ino)
		unlink(listener->path);
	close(listener->fd);
	free(listener->path);
}
