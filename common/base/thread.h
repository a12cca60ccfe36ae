/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Threads that help a caller of the library, and how long they wait. */
#pragma once

#include <pthread.h>
#include <stdint.h>
#include <time.h>

/* As pthread_create, but signals stay the caller's: the thread takes none. A negative errno. */
int thread_start(pthread_t *ret, void *(*work)(void *arg), void *arg);

/* Waits with a deadline go by the monotonic clock: setting the time neither cuts them short nor
 * draws them out. */
void cond_init(pthread_cond_t *cond);
/* In NANOSECONDS from now, for pthread_cond_timedwait with a condition made by cond_init. */
struct timespec cond_deadline(int64_t nanoseconds);
