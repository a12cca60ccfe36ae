/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/base/bounded.h"

#include "common/base/thread.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct bounded {
	int (*call)(void *data);
	pthread_mutex_t lock; /* guards all fields below */
	pthread_cond_t answered;
	bool done;
	bool alone; /* one of the two threads has left, so the other frees the struct */
	int answer;
	max_align_t data[];
};

static void leave(struct bounded *bounded)
{
	bool last = bounded->alone;

	bounded->alone = true;
	pthread_mutex_unlock(&bounded->lock);
	if (!last)
		return;
	pthread_cond_destroy(&bounded->answered);
	pthread_mutex_destroy(&bounded->lock);
	free(bounded);
}

static void *work(void *arg)
{
	struct bounded *bounded = arg;
	int r = bounded->call(bounded->data);

	pthread_mutex_lock(&bounded->lock);
	bounded->answer = r;
	bounded->done = true;
	pthread_cond_signal(&bounded->answered);
	leave(bounded);
	return NULL;
}

int bounded_call(int (*call)(void *data), void *data, size_t size, int milliseconds)
{
	struct bounded *bounded = calloc(1, sizeof(*bounded) + size);
	pthread_t thread;

	if (!bounded)
		return -ENOMEM;
	bounded->call = call;
	memcpy(bounded->data, data, size);
	pthread_mutex_init(&bounded->lock, NULL);
	cond_init(&bounded->answered);
	pthread_mutex_lock(&bounded->lock);
	struct timespec until = cond_deadline((int64_t)milliseconds * 1000000);
	int r = thread_start(&thread, work, bounded);
	bounded->alone = r < 0;
	if (r == 0)
		pthread_detach(thread);
	while (r == 0 && !bounded->done)
		r = -pthread_cond_timedwait(&bounded->answered, &bounded->lock, &until);
	if (bounded->done) {
		r = bounded->answer;
		memcpy(data, bounded->data, size);
	}
	leave(bounded);
	return r;
}
