/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/base/thread.h"

#include <sched.h>
#include <signal.h>

/* Blocks all signals while it creates the thread, because a new thread inherits the signal mask of
 * its creator. */
static int start(
	pthread_t *ret, const pthread_attr_t *attributes, void *(*work)(void *arg), void *arg)
{
	sigset_t all, before;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int r = -pthread_create(ret, attributes, work, arg);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return r;
}

int thread_start(pthread_t *ret, void *(*work)(void *arg), void *arg)
{
	return start(ret, NULL, work, arg);
}

int thread_start_detached(size_t stack, void *(*work)(void *arg), void *arg)
{
	pthread_attr_t attributes;
	pthread_t thread;

	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, stack);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	int r = start(&thread, &attributes, work, arg);
	pthread_attr_destroy(&attributes);
	return r;
}

size_t thread_processors(void)
{
	cpu_set_t set;

	return sched_getaffinity(0, sizeof(set), &set) == 0 ? (size_t)CPU_COUNT(&set) : 1;
}

void cond_init(pthread_cond_t *cond)
{
	pthread_condattr_t attributes;

	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(cond, &attributes);
	pthread_condattr_destroy(&attributes);
}

struct timespec cond_deadline(int64_t nanoseconds)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	nanoseconds += t.tv_nsec;
	t.tv_sec += nanoseconds / 1000000000;
	t.tv_nsec = nanoseconds % 1000000000;
	return t;
}
