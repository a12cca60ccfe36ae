/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Starts threads, and waits with a time limit. */
#pragma once

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

/* Like pthread_create, but blocks all signals in the new thread, so that the caller's threads get
 * them. Returns 0 or a negative errno. */
int thread_start(pthread_t *ret, void *(*work)(void *arg), void *arg);
/* Starts a detached thread with a stack of STACK bytes; otherwise like thread_start. */
int thread_start_detached(size_t stack, void *(*work)(void *arg), void *arg);

/* How many processors the calling thread may use; 1 if the kernel does not tell. */
size_t thread_processors(void);

/* Makes a condition whose timed waits use the monotonic clock, so that setting the time does not
 * shorten or lengthen them. */
void cond_init(pthread_cond_t *cond);
/* Returns the time NANOSECONDS from now, for pthread_cond_timedwait with a condition from
 * cond_init. */
struct timespec cond_deadline(int64_t nanoseconds);
