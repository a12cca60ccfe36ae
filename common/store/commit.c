/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/store/draft.h"
#include "common/store/fill.h"
#include "common/store/layer.h"
#include "common/store/original_stream.h"
#include "common/store/store_struct.h"
#include "common/store/store.h"
#include "common/base/thread.h"

#include <fcntl.h>
#include <pthread.h>

/* A thread writes the layer's diff to a pipe, and the caller unpacks it as the new layer. */
struct stream {
	struct shale_store *store;
	const char *id;
	int read_end, write_end;
	struct progress *progress;
	pthread_t thread;
	bool running;
	int result; /* the thread's result */
	struct shale_error err;
};

static void *write_diff(void *arg)
{
	struct stream *stream = arg;

	stream->result = shale_layer_diff(
		stream->store, stream->id, NULL, stream->write_end, &stream->err);
	close(steal_fd(&stream->write_end));
	return NULL;
}

/* Starts the writing thread with SIGPIPE blocked, so that the thread gets EPIPE if the reader
 * stops early. */
static int start(struct stream *stream)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	stream->read_end = fds[0];
	stream->write_end = fds[1];
	int r = thread_start(&stream->thread, write_diff, stream);
	stream->running = r == 0;
	return r;
}

static int join(struct stream *stream)
{
	if (stream->running)
		pthread_join(stream->thread, NULL);
	stream->running = false;
	return stream->result;
}

static void cleanup_stream(struct stream *stream)
{
	if (stream->read_end >= 0)
		close(steal_fd(&stream->read_end));
	join(stream);
	if (stream->write_end >= 0)
		close(stream->write_end);
}

static int64_t read_stream(void *arg, void *buf, size_t size)
{
	struct stream *stream = arg;
	ssize_t n;

	do
		n = read(stream->read_end, buf, size);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	int r = n > 0 ? progress_add(stream->progress, (uint64_t)n)
		      : progress_end(stream->progress);
	return r < 0 ? r : n;
}

/* Called at the end of the stream. Fails if the writing thread has failed: a diff that ends early
 * looks complete to the reader. */
static int check_writer(const struct apply_result *result, void *arg, struct shale_error *err)
{
	struct stream *stream = arg;
	int r = join(stream);

	if (r < 0 && err)
		*err = stream->err;
	return r;
}

/* Returns the original error: if the writer fails, the reader fails, too, with an error that
 * explains nothing. */
static int explain(struct stream *stream, int code, struct shale_error *err)
{
	close(steal_fd(&stream->read_end));
	int r = join(stream);

	if (r >= 0 || r == -EPIPE || code == -ECANCELED)
		return code;
	if (err)
		*err = stream->err;
	return r;
}

int store_commit_layer(struct shale_store *store, const char *id, const char *new_id,
	const struct layer_extra *extra, struct progress *progress, struct shale_error *err)
{
	auto_layer struct layer layer = LAYER_NONE;
	auto_draft struct draft draft = DRAFT_NONE;
	struct stream stream __attribute__((cleanup(cleanup_stream))) = {
		.store = store, .id = id, .progress = progress, .read_end = -1, .write_end = -1
	};
	struct fill fill = { .read = read_stream, .verify = check_writer, .arg = &stream };
	int r = layer_open(store, id, &layer, err);

	/* If LAYER has no kept stream, keep none for the new layer either: the diff makes the same
	 * stream again. */
	fill.no_original = r == 0 && !original_stream_is_kept(&layer);
	if (r == 0)
		r = draft_begin(store, new_id, "layer", layer_parent(&layer), &draft, err);
	if (r < 0)
		return r;
	r = start(&stream);
	if (r < 0)
		return error_fail(err, r, "commit layer '%s'", id);
	r = fill_draft(store, &draft, &fill, err);
	if (r < 0)
		return explain(&stream, r, err);
	r = layer_unchanged(store, &layer, err);
	if (r < 0)
		return r;
	if (json_object_set_new(draft.record, "committed-from", json_string(id)) < 0)
		return error_fail(err, -ENOMEM, "commit layer '%s'", id);
	r = extra ? extra->add(draft.dir, draft.record, extra->arg, err) : 0;
	return r < 0 ? r : draft_publish(store, &draft, err);
}
