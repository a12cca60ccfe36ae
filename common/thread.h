/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Threads that help a caller of the library. */
#pragma once

#include <pthread.h>

/* As pthread_create, but signals stay the caller's: the thread takes none. A negative errno. */
int shale_thread_start(pthread_t *ret, void *(*work)(void *arg), void *arg);
