/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/image/export/diff_stream.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>

#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/base/thread.h"

struct diff_stream {
	const struct diff_spec *spec;
	int in;  /* the read end of the pipe */
	int out; /* the write end of the pipe, which the thread closes when the tar is complete */
	pthread_t thread;
	bool joined;
	int result; /* the thread's result, read after the join */
	struct shale_error err;
};

static void *write_diff(void *arg)
{
	struct diff_stream *stream = arg;

	stream->result = diff_tar(stream->spec, stream->out, &stream->err);
	cleanup_close(&stream->out);
	return NULL;
}

static void close_pipe(struct diff_stream *stream)
{
	cleanup_close(&stream->in);
	cleanup_close(&stream->out);
}

int diff_stream_open(
	const struct diff_spec *spec, struct diff_stream **ret, struct shale_error *err)
{
	auto_free struct diff_stream *stream = calloc(1, sizeof(*stream));
	int ends[2];

	if (!stream)
		return error_fail(err, -ENOMEM, "diff");
	if (pipe2(ends, O_CLOEXEC) < 0)
		return error_fail(err, -errno, "make a pipe");
	/* Enlarge the pipe, so that the two threads switch less often; a failure does no harm. */
	fcntl(ends[1], F_SETPIPE_SZ, 1 << 20);
	stream->spec = spec;
	stream->in = ends[0];
	stream->out = ends[1];
	/* The thread blocks signals, so it learns from EPIPE that the reader has given up. */
	int r = thread_start(&stream->thread, write_diff, stream);
	if (r < 0) {
		close_pipe(stream);
		return error_fail(err, r, "start a thread");
	}
	*ret = steal_ptr(&stream);
	return 0;
}

static int join(struct diff_stream *stream, struct shale_error *err)
{
	if (!stream->joined)
		pthread_join(stream->thread, NULL);
	stream->joined = true;
	if (stream->result < 0 && err)
		*err = stream->err;
	return stream->result < 0 ? stream->result : 0;
}

int64_t diff_stream_read(
	struct diff_stream *stream, void *buf, size_t size, struct shale_error *err)
{
	ssize_t n;

	do
		n = read(stream->in, buf, size);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return error_fail(err, -errno, "read from the pipe");
	return n > 0 ? n : join(stream, err);
}

void diff_stream_close(struct diff_stream *stream)
{
	if (!stream)
		return;
	/* Close the reader's end first: if the thread still writes, it gets EPIPE. */
	cleanup_close(&stream->in);
	join(stream, NULL);
	free(stream);
}
