/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/merge/gate.h"

#include "common/base/thread.h"

#include <errno.h>
#include <time.h>

/* Ns: the first try to close the gate waits so long for running requests. */
#define FIRST_WAIT 20000000
#define LAST_WAIT  2000000000 /* ns: the last try waits so long */

void gate_init(struct gate *gate)
{
	pthread_mutex_init(&gate->lock, NULL);
	cond_init(&gate->changed);
}

void gate_destroy(struct gate *gate)
{
	pthread_mutex_destroy(&gate->lock);
	pthread_cond_destroy(&gate->changed);
}

static void tell(struct gate *gate)
{
	pthread_mutex_lock(&gate->lock);
	pthread_cond_broadcast(&gate->changed);
	pthread_mutex_unlock(&gate->lock);
}

void gate_enter(struct gate *gate)
{
	for (;;) {
		atomic_fetch_add(&gate->inside, 1);
		if (!atomic_load(&gate->closed))
			return;
		gate_leave(gate);
		pthread_mutex_lock(&gate->lock);
		while (atomic_load(&gate->closed))
			pthread_cond_wait(&gate->changed, &gate->lock);
		pthread_mutex_unlock(&gate->lock);
	}
}

void gate_leave(struct gate *gate)
{
	if (atomic_fetch_sub(&gate->inside, 1) == 1 && atomic_load(&gate->closed))
		tell(gate);
}

static int64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static bool close_for(struct gate *gate, int64_t wait)
{
	const struct timespec until = cond_deadline(wait);
	int r = 0;

	pthread_mutex_lock(&gate->lock);
	atomic_store(&gate->closed, true);
	while (atomic_load(&gate->inside) && r == 0)
		r = pthread_cond_timedwait(&gate->changed, &gate->lock, &until);
	bool empty = !atomic_load(&gate->inside);
	pthread_mutex_unlock(&gate->lock);
	return empty;
}

int gate_close(struct gate *gate, int64_t *ret_since)
{
	for (int64_t wait = FIRST_WAIT; wait < LAST_WAIT; wait *= 2) {
		*ret_since = now();
		if (close_for(gate, wait))
			return 0;
		gate_open(gate);
		nanosleep(&(struct timespec){ .tv_sec = wait / 1000000000,
				  .tv_nsec = wait % 1000000000 },
			NULL);
	}
	return -EBUSY;
}

void gate_open(struct gate *gate)
{
	atomic_store(&gate->closed, false);
	tell(gate);
}
