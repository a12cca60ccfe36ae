/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/thread.h"

#include <signal.h>

/* A thread begins with its maker's mask. */
int shale_thread_start(pthread_t *ret, void *(*work)(void *arg), void *arg)
{
	sigset_t all, before;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int r = -pthread_create(ret, NULL, work, arg);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return r;
}
