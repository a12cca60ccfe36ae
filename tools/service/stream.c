/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/service/stream.h"

#include "common/base/scope.h"
#include "common/base/thread.h"
#include "tools/service/failure.h"

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>

#define PIPE_SIZE (1 << 20)

/* The thread of a body, and its end of the stream. */
struct worker {
	pthread_t thread;
	stream_fn *fn;
	void *arg;
	int fd;
	int result;
	struct shale_error err;
};

static void *work(void *arg)
{
	struct worker *worker = arg;

	worker->result = worker->fn(worker->fd, worker->arg, &worker->err);
	/* Close this end, so that the thread at the other end does not wait for ever. */
	close(steal_fd(&worker->fd));
	return NULL;
}

static int worker_start(struct worker *worker, struct shale_error *err)
{
	int r = thread_start(&worker->thread, work, worker);

	return r < 0 ? failure(err, r, "start a thread: %s", strerror(-r)) : 0;
}

static int worker_join(struct worker *worker, struct shale_error *err)
{
	pthread_join(worker->thread, NULL);
	if (worker->result < 0 && err)
		*err = worker->err;
	return worker->result;
}

/* ---- upload: the body of a request ---- */

struct upload {
	struct worker worker;
	int fd;
	bool refused; /* the thread does not read any more */
};

/* Keeps one byte back until the body is complete. If a stream socket is closed with unread data,
 * the other end reads all other data first and then gets ECONNRESET (unix(7)). So the reader of an
 * incomplete body gets an error, and not an end of file. */
static int leave_token(int fd)
{
	ssize_t n = send(fd, "", 1, MSG_NOSIGNAL);

	return n < 0 ? -errno : 0;
}

static void take_token(int fd)
{
	char token;

	(void)recv(fd, &token, 1, MSG_DONTWAIT);
}

int upload_begin(stream_fn *fn, void *arg, struct upload **ret, struct shale_error *err)
{
	int fds[2], r = sys(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds));

	if (r < 0)
		return failure(err, r, "make a socket pair: %s", strerror(-r));
	auto_close int ours = fds[0], theirs = fds[1];
	auto_free struct upload *upload = calloc(1, sizeof(*upload));
	if (!upload)
		return failure(err, -ENOMEM, "out of memory");
	r = leave_token(theirs);
	if (r < 0)
		return failure(err, r, "make a socket pair: %s", strerror(-r));
	upload->fd = ours;
	upload->worker = (struct worker){ .fn = fn, .arg = arg, .fd = theirs };
	r = worker_start(&upload->worker, err);
	if (r < 0)
		return r;
	steal_fd(&ours);
	steal_fd(&theirs);
	*ret = steal_ptr(&upload);
	return 0;
}

void upload_write(struct upload *upload, const void *data, size_t size)
{
	const char *p = data;

	while (size && !upload->refused) {
		ssize_t n = send(upload->fd, p, size, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			upload->refused = true;
			return;
		}
		p += n;
		size -= (size_t)n;
	}
}

int upload_end(struct upload *upload, bool complete, struct shale_error *err)
{
	if (complete)
		take_token(upload->fd);
	close(upload->fd);
	int r = worker_join(&upload->worker, err);
	free(upload);
	return r;
}

/* ---- download: the body of a reply ---- */

struct download {
	struct worker worker;
	int fd;
	bool joined;
	char first[4096]; /* the bytes that download_begin read in advance */
	size_t n_first;
};

static ssize_t read_some(int fd, void *buf, size_t size)
{
	ssize_t n;

	do
		n = read(fd, buf, size);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

static int join(struct download *download, struct shale_error *err)
{
	if (download->joined)
		return 0;
	download->joined = true;
	return worker_join(&download->worker, err);
}

int download_begin(stream_fn *fn, void *arg, struct download **ret, struct shale_error *err)
{
	int fds[2], r = sys(pipe2(fds, O_CLOEXEC));

	if (r < 0)
		return failure(err, r, "make a pipe: %s", strerror(-r));
	auto_close int ours = fds[0], theirs = fds[1];
	(void)fcntl(ours, F_SETPIPE_SZ, PIPE_SIZE);
	struct download *download = calloc(1, sizeof(*download));
	if (!download)
		return failure(err, -ENOMEM, "out of memory");
	download->fd = ours;
	download->worker = (struct worker){ .fn = fn, .arg = arg, .fd = theirs };
	r = worker_start(&download->worker, err);
	if (r < 0) {
		free(download);
		return r;
	}
	steal_fd(&ours);
	steal_fd(&theirs);
	ssize_t n = read_some(download->fd, download->first, sizeof(download->first));
	r = n > 0 ? 0 : join(download, err);
	if (r < 0) {
		download_end(download);
		return r;
	}
	download->n_first = n > 0 ? (size_t)n : 0;
	*ret = download;
	return 0;
}

ssize_t download_read(struct download *download, void *buf, size_t size, struct shale_error *err)
{
	if (download->n_first) {
		size_t n = size < download->n_first ? size : download->n_first;

		memcpy(buf, download->first, n);
		download->n_first -= n;
		memmove(download->first, download->first + n, download->n_first);
		return (ssize_t)n;
	}
	ssize_t n = read_some(download->fd, buf, size);
	if (n != 0)
		return n;
	int r = join(download, err);
	return r < 0 ? r : 0;
}

void download_end(struct download *download)
{
	close(download->fd);
	(void)join(download, NULL);
	free(download);
}
