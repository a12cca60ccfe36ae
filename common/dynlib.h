/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A shared library that is loaded when it is first wanted, and stays. */
#pragma once

#include <pthread.h>

#include "common/shale.h"

struct shale_dynlib_function {
	const char *name; /* NULL: the end */
	void **pointer;   /* what gets its address */
};

struct shale_dynlib {
	const char *name; /* as the dynamic linker knows it */
	const struct shale_dynlib_function *functions;
	pthread_mutex_t lock;
	int loaded; /* 1 once all functions have their addresses; set last, under the lock */
};
#define SHALE_DYNLIB(so_name, table)                                                               \
	{                                                                                          \
		.name = (so_name), .functions = (table), .lock = PTHREAD_MUTEX_INITIALIZER         \
	}

/* 0, or -ELIBACC with words. Any thread may call it, and call it again. */
int shale_dynlib_load(struct shale_dynlib *library, struct shale_error *err);
