/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/archive/apply/decompress_thread.h"

#include "common/archive/decompress.h"
#include "common/archive/digest.h"
#include "common/archive/libcrypto.h"
#include "common/archive/apply/ring.h"
#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/base/thread.h"

#include <string.h>

/* A stream that a thread decompresses, while the caller's thread reads the compressed bytes. Only
 * the caller calls READ: a thread that blocks in READ could not be stopped, but a refused stream
 * must fail at once. */
struct readahead {
	int64_t (*read)(void *arg, void *buf, size_t size);
	void *arg;
	struct decompress *plain;
	struct hash *hash;
	uint64_t length;
	bool holds; /* the caller still reads the oldest piece of OUT */

	pthread_t thread;
	bool threaded;
	pthread_mutex_t lock; /* guards all fields below */
	pthread_cond_t changed;
	struct ring *in, *out;
	int read_error;
	bool stop;
	struct shale_error failure; /* the error that ended the thread; valid once OUT is closed */
};

static int64_t read_stream(struct readahead *ahead, void *buf, size_t size)
{
	int64_t n;

	do
		n = ahead->read(ahead->arg, buf, size);
	while (n == -EINTR);
	return n;
}

/* ---- in the thread ---- */

/* Gives the decompressor its next compressed bytes. */
static int64_t take_input(void *arg, void *buf, size_t size)
{
	struct readahead *ahead = arg;

	if (!ahead->threaded)
		return read_stream(ahead, buf, size);
	pthread_mutex_lock(&ahead->lock);
	while (ahead->in->n == 0 && !ahead->in->closed && !ahead->stop)
		pthread_cond_wait(&ahead->changed, &ahead->lock);
	int64_t n = ahead->stop ? -ECANCELED : ahead->read_error;
	if (!ahead->stop && ahead->in->n > 0) {
		n = (int64_t)ring_take(ahead->in, buf, size);
		pthread_cond_signal(&ahead->changed);
	}
	pthread_mutex_unlock(&ahead->lock);
	return n;
}

static int put_output(struct readahead *ahead, const char *data, size_t size)
{
	bool stop = false;

	while (size > 0 && !stop) {
		pthread_mutex_lock(&ahead->lock);
		while (ring_is_full(ahead->out) && !ahead->stop)
			pthread_cond_wait(&ahead->changed, &ahead->lock);
		stop = ahead->stop;
		void *room = ring_room(ahead->out);
		pthread_mutex_unlock(&ahead->lock);
		if (stop)
			break;
		size_t n = size < RING_PIECE ? size : RING_PIECE;
		memcpy(room, data, n);
		data += n;
		size -= n;
		pthread_mutex_lock(&ahead->lock);
		ring_put(ahead->out, n);
		pthread_cond_signal(&ahead->changed);
		pthread_mutex_unlock(&ahead->lock);
	}
	return stop ? -ECANCELED : 0;
}

/* Finds the next uncompressed bytes. Returns 1 and the bytes, 0 at the end, or a negative errno. */
static int next_plain(
	struct readahead *ahead, const void **ret, size_t *ret_size, struct shale_error *err)
{
	int r = decompress_next(ahead->plain, ret, ret_size, err);

	if (r == 0)
		return decompress_drain(ahead->plain, err);
	if (r > 0)
		hash_update(ahead->hash, *ret, *ret_size);
	return r;
}

static void *work(void *arg)
{
	struct readahead *ahead = arg;
	struct shale_error failure = { 0 };
	const void *data;
	size_t size;
	int r;

	while ((r = next_plain(ahead, &data, &size, &failure)) > 0) {
		r = put_output(ahead, data, size);
		if (r < 0)
			break;
	}
	pthread_mutex_lock(&ahead->lock);
	failure.code = r;
	ahead->failure = failure;
	ahead->out->closed = true;
	pthread_cond_signal(&ahead->changed);
	pthread_mutex_unlock(&ahead->lock);
	return NULL;
}

/* ---- in the caller ---- */

/* Starts the thread. Without a thread, the caller decompresses. */
static void start(struct readahead *ahead)
{
	ahead->threaded = true;
	if (thread_start(&ahead->thread, work, ahead) < 0)
		ahead->threaded = false;
}

static int open_all(
	struct readahead *ahead, const struct readahead_source *source, struct shale_error *err)
{
	int r = libcrypto_load(err);

	if (r < 0)
		return r;
	ahead->in = ring_new();
	ahead->out = ring_new();
	if (!ahead->in || !ahead->out || hash_new_like(source->digest_as, &ahead->hash) < 0)
		return error_fail(err, -ENOMEM, "open the archive");
	return decompress_open(take_input, ahead, source->ratio, &ahead->plain, err);
}

int decompress_thread_open(
	const struct readahead_source *source, struct readahead **ret, struct shale_error *err)
{
	struct readahead *ahead = calloc(1, sizeof(*ahead));

	if (!ahead)
		return error_fail(err, -ENOMEM, "open the archive");
	ahead->read = source->read;
	ahead->arg = source->arg;
	pthread_mutex_init(&ahead->lock, NULL);
	pthread_cond_init(&ahead->changed, NULL);
	int r = open_all(ahead, source, err);
	if (r < 0) {
		decompress_thread_close(ahead);
		return r;
	}
	start(ahead);
	*ret = ahead;
	return 0;
}

void decompress_thread_close(struct readahead *ahead)
{
	if (!ahead)
		return;
	if (ahead->threaded) {
		pthread_mutex_lock(&ahead->lock);
		ahead->stop = true;
		pthread_cond_signal(&ahead->changed);
		pthread_mutex_unlock(&ahead->lock);
		pthread_join(ahead->thread, NULL);
	}
	pthread_cond_destroy(&ahead->changed);
	pthread_mutex_destroy(&ahead->lock);
	decompress_close(ahead->plain);
	hash_free(ahead->hash);
	ring_free(ahead->in);
	ring_free(ahead->out);
	free(ahead);
}

static bool wants_input(const struct readahead *ahead)
{
	return !ahead->in->closed && !ahead->out->closed && !ring_is_full(ahead->in);
}

/* Reads compressed bytes for the thread. Call it with the lock held; it is released while READ may
 * block. */
static void feed(struct readahead *ahead)
{
	void *room = ring_room(ahead->in);

	pthread_mutex_unlock(&ahead->lock);
	int64_t n = read_stream(ahead, room, RING_PIECE);
	pthread_mutex_lock(&ahead->lock);
	if (n > 0) {
		ring_put(ahead->in, (size_t)n);
	} else {
		ahead->read_error = (int)n;
		ahead->in->closed = true;
	}
	pthread_cond_signal(&ahead->changed);
}

/* Waits until OUT has a piece. Returns 1 then, 0 if no more will come. The lock is held. */
static int wait_for_output(struct readahead *ahead)
{
	for (;;) {
		if (wants_input(ahead))
			feed(ahead);
		if (ahead->out->n > 0 || ahead->out->closed)
			return ahead->out->n > 0;
		if (!wants_input(ahead))
			pthread_cond_wait(&ahead->changed, &ahead->lock);
	}
}

static int next_of_thread(
	struct readahead *ahead, const void **ret, size_t *ret_size, struct shale_error *err)
{
	pthread_mutex_lock(&ahead->lock);
	if (ahead->holds) {
		ring_drop(ahead->out);
		pthread_cond_signal(&ahead->changed);
	}
	ahead->holds = wait_for_output(ahead);
	if (ahead->holds)
		*ret = ring_oldest(ahead->out, ret_size);
	int code = ahead->holds ? 0 : ahead->failure.code;
	if (code < 0 && err)
		*err = ahead->failure;
	pthread_mutex_unlock(&ahead->lock);
	return ahead->holds ? 1 : code;
}

int decompress_thread_next(
	struct readahead *ahead, const void **ret, size_t *ret_size, struct shale_error *err)
{
	int r = ahead->threaded ? next_of_thread(ahead, ret, ret_size, err)
				: next_plain(ahead, ret, ret_size, err);

	if (r > 0)
		ahead->length += *ret_size;
	return r;
}

uint64_t decompress_thread_length(const struct readahead *ahead)
{
	return ahead->length;
}

int decompress_thread_finish(
	struct readahead *ahead, char ret[DIFF_ID_SIZE], struct shale_error *err)
{
	const void *data;
	size_t rest;
	int r;

	while ((r = decompress_thread_next(ahead, &data, &rest, err)) > 0)
		;
	if (r < 0)
		return r;
	r = hash_final(ahead->hash, ret);
	return r < 0 ? error_fail(err, r, "compute its digest") : 0;
}
