/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale-snapshotter/wire/workers.h"

#include "common/base/scope.h"
#include "common/base/thread.h"

#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <time.h>

#define THREADS_MAX 16
#define IDLE_S      5
#define STACK_SIZE  (512 << 10)

struct queue {
	struct wire_call *first, **end;
};

struct wire_workers {
	int fd; /* eventfd that wakes the event loop when a call is done */

	pthread_mutex_t lock; /* guards all fields below */
	pthread_cond_t work, gone;
	struct queue waiting, done;
	size_t n_threads, n_idle, n_waiting;
	bool ends;
};

static void put(struct queue *queue, struct wire_call *call)
{
	call->queued = NULL;
	*queue->end = call;
	queue->end = &call->queued;
}

static struct wire_call *take(struct queue *queue)
{
	struct wire_call *call = queue->first;

	if (!call)
		return NULL;
	queue->first = call->queued;
	if (!queue->first)
		queue->end = &queue->first;
	return call;
}

static struct wire_call *take_all(struct queue *queue)
{
	struct wire_call *calls = queue->first;

	queue->first = NULL;
	queue->end = &queue->first;
	return calls;
}

/* Waits for a call to run. Returns NULL if none came for some seconds. The caller holds the
 * lock. */
static struct wire_call *wait_for_work(struct wire_workers *workers)
{
	struct timespec until;
	int r = 0;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += IDLE_S;
	workers->n_idle++;
	while (!workers->waiting.first && !workers->ends && r == 0)
		r = pthread_cond_timedwait(&workers->work, &workers->lock, &until);
	workers->n_idle--;
	struct wire_call *call = take(&workers->waiting);
	if (call)
		workers->n_waiting--;
	return call;
}

static void *work(void *arg)
{
	struct wire_workers *workers = arg;
	const uint64_t one = 1;
	struct wire_call *call;

	pthread_mutex_lock(&workers->lock);
	while ((call = wait_for_work(workers))) {
		pthread_mutex_unlock(&workers->lock);
		if (!wire_call_is_late(call))
			wire_call_run(call);
		pthread_mutex_lock(&workers->lock);
		put(&workers->done, call);
		while (write(workers->fd, &one, sizeof(one)) < 0 && errno == EINTR)
			;
	}
	workers->n_threads--;
	pthread_cond_broadcast(&workers->gone);
	pthread_mutex_unlock(&workers->lock);
	return NULL;
}

static int start_thread(struct wire_workers *workers)
{
	int r = thread_start_detached(STACK_SIZE, work, workers);

	if (r == 0)
		workers->n_threads++;
	return r;
}

struct wire_workers *wire_workers_new(void)
{
	struct wire_workers *workers = calloc(1, sizeof(*workers));
	pthread_condattr_t clock;

	if (!workers)
		return NULL;
	workers->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (workers->fd < 0) {
		free(workers);
		return NULL;
	}
	workers->waiting.end = &workers->waiting.first;
	workers->done.end = &workers->done.first;
	pthread_mutex_init(&workers->lock, NULL);
	pthread_condattr_init(&clock);
	pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
	pthread_cond_init(&workers->work, &clock);
	pthread_condattr_destroy(&clock);
	pthread_cond_init(&workers->gone, NULL);
	return workers;
}

void wire_workers_free(struct wire_workers *workers)
{
	if (!workers)
		return;
	pthread_mutex_lock(&workers->lock);
	workers->ends = true;
	pthread_cond_broadcast(&workers->work);
	while (workers->n_threads)
		pthread_cond_wait(&workers->gone, &workers->lock);
	struct wire_call *next, *call = take_all(&workers->done);
	pthread_mutex_unlock(&workers->lock);
	for (; call; call = next) {
		next = call->queued;
		wire_call_free(call);
	}
	pthread_cond_destroy(&workers->work);
	pthread_cond_destroy(&workers->gone);
	pthread_mutex_destroy(&workers->lock);
	close(workers->fd);
	free(workers);
}

int wire_workers_fd(const struct wire_workers *workers)
{
	return workers->fd;
}

int wire_workers_add(struct wire_workers *workers, struct wire_call *call)
{
	int r = 0;

	pthread_mutex_lock(&workers->lock);
	if (workers->n_waiting >= workers->n_idle && workers->n_threads < THREADS_MAX)
		r = start_thread(workers);
	if (workers->n_threads)
		r = 0;
	if (r == 0) {
		put(&workers->waiting, call);
		workers->n_waiting++;
		pthread_cond_signal(&workers->work);
	}
	pthread_mutex_unlock(&workers->lock);
	return r < 0 ? -EAGAIN : 0;
}

struct wire_call *wire_workers_take(struct wire_workers *workers)
{
	uint64_t count;

	while (read(workers->fd, &count, sizeof(count)) < 0 && errno == EINTR)
		;
	pthread_mutex_lock(&workers->lock);
	struct wire_call *calls = take_all(&workers->done);
	pthread_mutex_unlock(&workers->lock);
	return calls;
}
