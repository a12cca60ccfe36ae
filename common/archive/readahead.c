/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/archive/readahead.h"

#include "common/archive/decompress.h"
#include "common/archive/digest.h"
#include "common/archive/libcrypto.h"
#include "common/archive/ring.h"
#include "common/cleanup.h"
#include "common/error.h"
#include "common/thread.h"

#include <string.h>

/* The thread never reads itself: it could not be stopped while READ blocks, and a stream that is
 * refused is refused at once. */
struct shale_readahead {
	int64_t (*read)(void *arg, void *buf, size_t size);
	void *arg;
	struct shale_decompress *plain;
	struct shale_hash *hash;
	uint64_t length;
	bool holds; /* the caller has the oldest piece of OUT */

	pthread_t thread;
	bool threaded;
	pthread_mutex_t lock; /* guards all below */
	pthread_cond_t changed;
	struct shale_ring *in, *out;
	int read_error;
	bool stop;
	struct shale_error failure; /* what the thread ended with; valid once OUT is closed */
};

static int64_t read_stream(struct shale_readahead *ahead, void *buf, size_t size)
{
	int64_t n;

	do
		n = ahead->read(ahead->arg, buf, size);
	while (n == -EINTR);
	return n;
}

/* ---- in the thread ---- */

/* What decompresses reads here. */
static int64_t take_input(void *arg, void *buf, size_t size)
{
	struct shale_readahead *ahead = arg;

	if (!ahead->threaded)
		return read_stream(ahead, buf, size);
	pthread_mutex_lock(&ahead->lock);
	while (ahead->in->n == 0 && !ahead->in->closed && !ahead->stop)
		pthread_cond_wait(&ahead->changed, &ahead->lock);
	int64_t n = ahead->stop ? -ECANCELED : ahead->read_error;
	if (!ahead->stop && ahead->in->n > 0) {
		n = (int64_t)shale_ring_take(ahead->in, buf, size);
		pthread_cond_signal(&ahead->changed);
	}
	pthread_mutex_unlock(&ahead->lock);
	return n;
}

static int put_output(struct shale_readahead *ahead, const char *data, size_t size)
{
	bool stop = false;

	while (size > 0 && !stop) {
		pthread_mutex_lock(&ahead->lock);
		while (shale_ring_is_full(ahead->out) && !ahead->stop)
			pthread_cond_wait(&ahead->changed, &ahead->lock);
		stop = ahead->stop;
		void *room = shale_ring_room(ahead->out);
		pthread_mutex_unlock(&ahead->lock);
		if (stop)
			break;
		size_t n = size < SHALE_RING_PIECE ? size : SHALE_RING_PIECE;
		memcpy(room, data, n);
		data += n;
		size -= n;
		pthread_mutex_lock(&ahead->lock);
		shale_ring_put(ahead->out, n);
		pthread_cond_signal(&ahead->changed);
		pthread_mutex_unlock(&ahead->lock);
	}
	return stop ? -ECANCELED : 0;
}

/* 1, 0 at the end, or a negative errno. */
static int next_plain(
	struct shale_readahead *ahead, const void **ret, size_t *ret_size, struct shale_error *err)
{
	int r = shale_decompress_next(ahead->plain, ret, ret_size, err);

	if (r == 0)
		return shale_decompress_drain(ahead->plain, err);
	if (r > 0)
		shale_hash_update(ahead->hash, *ret, *ret_size);
	return r;
}

static void *work(void *arg)
{
	struct shale_readahead *ahead = arg;
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

/* Without a thread the caller does the work itself. */
static void start(struct shale_readahead *ahead)
{
	ahead->threaded = true;
	if (shale_thread_start(&ahead->thread, work, ahead) < 0)
		ahead->threaded = false;
}

static int open_all(struct shale_readahead *ahead, const struct shale_readahead_source *source,
	struct shale_error *err)
{
	int r = shale_libcrypto_load(err);

	if (r < 0)
		return r;
	ahead->in = shale_ring_new();
	ahead->out = shale_ring_new();
	if (!ahead->in || !ahead->out || shale_hash_new_like(source->digest_as, &ahead->hash) < 0)
		return shale_fail(err, -ENOMEM, "open the archive");
	return shale_decompress_open(take_input, ahead, source->ratio, &ahead->plain, err);
}

int shale_readahead_open(const struct shale_readahead_source *source, struct shale_readahead **ret,
	struct shale_error *err)
{
	struct shale_readahead *ahead = calloc(1, sizeof(*ahead));

	if (!ahead)
		return shale_fail(err, -ENOMEM, "open the archive");
	ahead->read = source->read;
	ahead->arg = source->arg;
	pthread_mutex_init(&ahead->lock, NULL);
	pthread_cond_init(&ahead->changed, NULL);
	int r = open_all(ahead, source, err);
	if (r < 0) {
		shale_readahead_close(ahead);
		return r;
	}
	start(ahead);
	*ret = ahead;
	return 0;
}

void shale_readahead_close(struct shale_readahead *ahead)
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
	shale_decompress_close(ahead->plain);
	shale_hash_free(ahead->hash);
	shale_ring_free(ahead->in);
	shale_ring_free(ahead->out);
	free(ahead);
}

static bool wants_input(const struct shale_readahead *ahead)
{
	return !ahead->in->closed && !ahead->out->closed && !shale_ring_is_full(ahead->in);
}

/* The lock is held, but not while READ may block. */
static void feed(struct shale_readahead *ahead)
{
	void *room = shale_ring_room(ahead->in);

	pthread_mutex_unlock(&ahead->lock);
	int64_t n = read_stream(ahead, room, SHALE_RING_PIECE);
	pthread_mutex_lock(&ahead->lock);
	if (n > 0) {
		shale_ring_put(ahead->in, (size_t)n);
	} else {
		ahead->read_error = (int)n;
		ahead->in->closed = true;
	}
	pthread_cond_signal(&ahead->changed);
}

/* 1 when OUT has a piece, 0 when it never will. The lock is held. */
static int wait_for_output(struct shale_readahead *ahead)
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
	struct shale_readahead *ahead, const void **ret, size_t *ret_size, struct shale_error *err)
{
	pthread_mutex_lock(&ahead->lock);
	if (ahead->holds) {
		shale_ring_drop(ahead->out);
		pthread_cond_signal(&ahead->changed);
	}
	ahead->holds = wait_for_output(ahead);
	if (ahead->holds)
		*ret = shale_ring_oldest(ahead->out, ret_size);
	int code = ahead->holds ? 0 : ahead->failure.code;
	if (code < 0 && err)
		*err = ahead->failure;
	pthread_mutex_unlock(&ahead->lock);
	return ahead->holds ? 1 : code;
}

int shale_readahead_next(
	struct shale_readahead *ahead, const void **ret, size_t *ret_size, struct shale_error *err)
{
	int r = ahead->threaded ? next_of_thread(ahead, ret, ret_size, err)
				: next_plain(ahead, ret, ret_size, err);

	if (r > 0)
		ahead->length += *ret_size;
	return r;
}

uint64_t shale_readahead_length(const struct shale_readahead *ahead)
{
	return ahead->length;
}

int shale_readahead_finish(
	struct shale_readahead *ahead, char ret[SHALE_DIFF_ID_SIZE], struct shale_error *err)
{
	const void *data;
	size_t rest;
	int r;

	while ((r = shale_readahead_next(ahead, &data, &rest, err)) > 0)
		;
	if (r < 0)
		return r;
	r = shale_hash_final(ahead->hash, ret);
	return r < 0 ? shale_fail(err, r, "compute its digest") : 0;
}
