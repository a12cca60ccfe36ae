/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/daemon/device.h"

#include "common/base/scope.h"
#include "fuse/merge/table/kept_state.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/uio.h>

#define MOST_TRIES 3
#define PIPE_SIZE  (1 << 20) /* bytes: every user may make a pipe of this size */
/* One page more for the header, and one because a read may begin inside a page. */
#define PAGES_BESIDES 2

/* A pipe through which pages of files go to the device without a copy. The first large read makes
 * it. */
struct splicer {
	int ends[2]; /* read end and write end of the pipe; -1: there is no pipe */
	size_t size;
	bool refused; /* no pipe can be made: do not try again */
	bool present; /* each page of the channel's buffer has been touched, so it is in memory */
};

static int device_fd(const struct channel *channel)
{
	return ((const struct device *)channel->transport)->fd;
}

/* ---- answers ---- */

/* Writes an answer. Tries again after a failure: a client whose answer is lost would wait for ever.
 * ENOENT means that the client does not wait any more. */
static int send(int fd, const void *bytes, size_t size)
{
	int code = 0;

	for (int tries = 0; tries < MOST_TRIES; tries++) {
		if (write(fd, bytes, size) >= 0)
			return 0;
		code = -errno;
		if (code == -ENOENT || code == -ENODEV)
			break;
	}
	return code;
}

static int reply(struct channel *channel, const struct fuse_out_header *out, size_t size)
{
	return send(device_fd(channel), out, size);
}

static int notify(struct transport *transport, const struct fuse_out_header *out, size_t size)
{
	return send(((struct device *)transport)->fd, out, size);
}

/* ---- pages of files ---- */

static void close_pipe(struct splicer *splicer)
{
	for (int i = 0; i < 2; i++) {
		cleanup_close(&splicer->ends[i]);
		splicer->ends[i] = -1;
	}
}

/* Makes the pipe, or enlarges it, so that SIZE bytes of a file and a header fit. Returns false if
 * that fails. */
static bool open_pipe(struct splicer *splicer, size_t size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	if (splicer->refused)
		return false;
	if (splicer->ends[0] < 0) {
		int got = -1;
		if (pipe2(splicer->ends, O_CLOEXEC | O_NONBLOCK) == 0)
			got = fcntl(splicer->ends[0], F_SETPIPE_SZ, PIPE_SIZE);
		splicer->size = got > 0 ? (size_t)got : 0;
		if (!splicer->size) {
			close_pipe(splicer);
			splicer->refused = true;
			return false;
		}
	}
	return size + PAGES_BESIDES * page <= splicer->size;
}

/* Puts bytes of the file into the pipe. Returns how many, or a negative errno. */
static ssize_t fill_pipe(int to, int fd, off_t offset, size_t size)
{
	size_t done = 0;

	while (done < size) {
		ssize_t n = splice(fd, &offset, to, NULL, size - done, SPLICE_F_NONBLOCK);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

/* Closes the pipe after a failure: bytes left in it would become part of the next answer. */
static int drop_pipe(struct splicer *splicer, int code)
{
	close_pipe(splicer);
	return code;
}

/* Answers with a part of the file FD. The header goes into the pipe first, as a reference to its
 * page. How many bytes of the file follow is only known later, so the length is written into that
 * page when both are in the pipe. The page is MADV_DONTFORK: a fork in between would give the pipe
 * a copy with the old length. */
static int reply_file(struct channel *channel, int fd, off_t offset, size_t size)
{
	const struct fuse_in_header *in = (const void *)channel->buffer;
	struct fuse_out_header *out = (void *)(channel->buffer + REQUEST_ROOM - sizeof(*out));
	struct iovec header = { .iov_base = out, .iov_len = sizeof(*out) };
	struct splicer *splicer = channel->own;

	if (!open_pipe(splicer, size))
		return -EOPNOTSUPP;
	*out = (struct fuse_out_header){ .unique = in->unique };
	if (vmsplice(splicer->ends[1], &header, 1, SPLICE_F_NONBLOCK) != sizeof(*out))
		return drop_pipe(splicer, -EOPNOTSUPP);
	ssize_t n = fill_pipe(splicer->ends[1], fd, offset, size);
	if (n < 0)
		return drop_pipe(splicer, -EOPNOTSUPP);
	out->len = (uint32_t)(sizeof(*out) + (size_t)n);
	if (splice(splicer->ends[0], NULL, device_fd(channel), NULL, out->len, 0) == out->len)
		return 0;
	int code = -errno;
	drop_pipe(splicer, code);
	if (code == -ENOENT || code == -ENODEV)
		return code;
	return -EOPNOTSUPP;
}

/* ---- requests ---- */

/* Touches each page of the buffer, so that all are in memory: if a worker is killed while the
 * kernel copies a request to a page that is not, the kernel fails that request. Call it only in
 * threads that read requests. */
static void make_present(struct channel *channel)
{
	struct splicer *splicer = channel->own;

	const struct kept_state *kept = ((const struct device *)channel->transport)->kept;

	/* No other worker takes over before this one has begun to serve, so pages do not matter
	 * yet. */
	if (splicer->present || !kept || !kept->serving)
		return;
	for (size_t i = 0; i < BUFFER_SIZE; i += 4096)
		((volatile char *)channel->buffer)[i] = 0;
	splicer->present = true;
}

/* Reads the next request. ENOENT means that a request was cancelled before it was read. */
static ssize_t next(struct channel *channel)
{
	make_present(channel);
	for (;;) {
		ssize_t n = read(device_fd(channel), channel->buffer, BUFFER_SIZE);
		if (n >= 0)
			return n;
		if (errno == ENODEV)
			return 0;
		if (errno != ENOENT)
			return -errno;
	}
}

static bool waits(struct transport *transport)
{
	struct pollfd fd = { .fd = ((struct device *)transport)->fd, .events = POLLIN };

	return poll(&fd, 1, 0) == 1 && fd.revents & POLLIN;
}

static int start(struct channel *channel)
{
	struct splicer *splicer = calloc(1, sizeof(*splicer));
	char *buffer = mmap(
		NULL, BUFFER_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (!splicer || buffer == MAP_FAILED) {
		free(splicer);
		if (buffer != MAP_FAILED)
			munmap(buffer, BUFFER_SIZE);
		return -ENOMEM;
	}
	(void)madvise(buffer, BUFFER_SIZE, MADV_DONTFORK);
	splicer->ends[0] = splicer->ends[1] = -1;
	channel->buffer = buffer;
	channel->own = splicer;
	return 0;
}

static void stop(struct channel *channel)
{
	if (!channel->own)
		return;
	close_pipe(channel->own);
	free(channel->own);
	munmap(channel->buffer, BUFFER_SIZE);
	channel->own = channel->buffer = NULL;
}

static const struct transport_ops ops = {
	.start = start,
	.stop = stop,
	.next = next,
	.waits = waits,
	.reply = reply,
	.reply_file = reply_file,
	.notify = notify,
};

struct device device_of(int fd, const struct kept_state *kept)
{
	return (struct device){ .transport = { .ops = &ops }, .fd = fd, .kept = kept };
}
