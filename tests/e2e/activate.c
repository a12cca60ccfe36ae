/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Starts a service as systemd does: listens, passes the socket as descriptor 3, and receives the
 * service's messages. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static int bound_socket(int type, const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		perror(path);
		exit(1);
	}
	return fd;
}

static void become(int listener, char **argv)
{
	char pid[24];

	snprintf(pid, sizeof(pid), "%d", getpid());
	setenv("LISTEN_PID", pid, 1);
	setenv("LISTEN_FDS", "1", 1);
	if (listener != 3)
		dup2(listener, 3);
	execv(argv[0], argv);
	perror(argv[0]);
	_exit(127);
}

/* Prints the service's messages. When the service has ended, all of them have arrived. */
static void print_messages(int fd, pid_t service)
{
	struct timeval wait = { .tv_usec = 50000 };
	char text[256];
	int status = 0, ended = 0;

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	while (!ended) {
		ended = waitpid(service, &status, WNOHANG) == service;
		for (ssize_t n; (n = recv(fd, text, sizeof(text), 0)) > 0;) {
			printf("%.*s\n", (int)n, text);
			fflush(stdout);
		}
	}
	exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
}

/* Runs as: activate SOCKET NOTIFY-SOCKET PROGRAM ARGUMENT... Prints the service's messages. */
int main(int argc, char **argv)
{
	if (argc < 4)
		return 2;
	int notify = bound_socket(SOCK_DGRAM, argv[2]);
	int listener = bound_socket(SOCK_STREAM, argv[1]);
	if (listen(listener, 16) < 0)
		return 1;
	setenv("NOTIFY_SOCKET", argv[2], 1);
	pid_t service = fork();
	if (service == 0)
		become(listener, argv + 3);
	print_messages(notify, service);
}
