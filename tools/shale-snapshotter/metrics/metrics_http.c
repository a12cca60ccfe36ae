/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A small HTTP server. It serves one connection at a time, and one request on each, because a
 * scraper comes only every few seconds. */
#include "common/base/scope.h"
#include "common/base/thread.h"
#include "tools/service/listener.h"
#include "tools/shale-snapshotter/metrics/metrics.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#define REQUEST_MAX 8192
#define PATIENCE_S  5

struct metrics {
	struct metrics_sources sources;
	struct listener listener;
	int stop_fd;
	pthread_t thread;
};

static void send_all(int fd, const char *text, size_t size)
{
	while (size) {
		ssize_t n = send(fd, text, size, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return;
		text += n;
		size -= (size_t)n;
	}
}

static void answer(int fd, const char *status, const char *text)
{
	char header[256];

	snprintf(header, sizeof(header),
		"HTTP/1.1 %s\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"
		"Content-Length: %zu\r\nConnection: close\r\n\r\n",
		status, strlen(text));
	send_all(fd, header, strlen(header));
	send_all(fd, text, strlen(text));
}

/* Reads the header of a request. Returns false if none came, or if it does not fit into BUF. */
static bool read_request(int fd, char buf[REQUEST_MAX])
{
	size_t size = 0;

	while (size < REQUEST_MAX - 1) {
		ssize_t n = recv(fd, buf + size, REQUEST_MAX - 1 - size, 0);

		if (n <= 0)
			return false;
		size += (size_t)n;
		buf[size] = 0;
		if (strstr(buf, "\r\n\r\n"))
			return true;
	}
	return false;
}

static void serve(const struct metrics *metrics, int fd)
{
	static const char get[] = "GET /metrics";
	const struct timeval patience = { .tv_sec = PATIENCE_S };
	char request[REQUEST_MAX];

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	if (!read_request(fd, request)) {
		answer(fd, "400 Bad Request", "no request\n");
		return;
	}
	char behind = strncmp(request, get, sizeof(get) - 1) ? 0 : request[sizeof(get) - 1];
	if (behind != ' ' && behind != '?') {
		answer(fd, strncmp(request, "GET ", 4) ? "405 Method Not Allowed" : "404 Not Found",
			"there is only GET /metrics\n");
		return;
	}
	auto_free char *text = metrics_text(&metrics->sources);
	answer(fd, text ? "200 OK" : "500 Internal Server Error", text ? text : "out of memory\n");
}

static void *run(void *arg)
{
	struct metrics *metrics = arg;
	struct pollfd fds[2] = { { .fd = metrics->listener.fd, .events = POLLIN },
		{ .fd = metrics->stop_fd, .events = POLLIN } };

	for (;;) {
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			return NULL;
		if (fds[1].revents)
			return NULL;
		auto_close int fd = sys(accept4(metrics->listener.fd, NULL, NULL, SOCK_CLOEXEC));
		if (fd >= 0)
			serve(metrics, fd);
	}
}

int metrics_start(const char *path, const struct metrics_sources *sources, struct metrics **ret,
	struct shale_error *err)
{
	auto_free struct metrics *metrics = calloc(1, sizeof(*metrics));

	if (!metrics)
		return -ENOMEM;
	metrics->sources = *sources;
	int r = listener_open(path, &metrics->listener, err);
	if (r < 0)
		return r;
	metrics->stop_fd = sys(eventfd(0, EFD_CLOEXEC));
	r = metrics->stop_fd < 0 ? metrics->stop_fd : thread_start(&metrics->thread, run, metrics);
	if (r < 0) {
		listener_close(&metrics->listener);
		cleanup_close(&metrics->stop_fd);
		return r;
	}
	*ret = steal_ptr(&metrics);
	return 0;
}

void metrics_stop(struct metrics *metrics)
{
	const uint64_t one = 1;

	if (!metrics)
		return;
	while (write(metrics->stop_fd, &one, sizeof(one)) < 0 && errno == EINTR)
		;
	pthread_join(metrics->thread, NULL);
	listener_close(&metrics->listener);
	close(metrics->stop_fd);
	free(metrics);
}
