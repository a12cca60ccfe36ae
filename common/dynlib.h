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

/*
 * The stand-ins for a library's functions: for each NAME a pointer real_NAME, and all of them as
 * the table `functions`. PASSED_ON(F) is a row F(type, name, (parameters), (arguments)) for each
 * function that is called as it is; OTHERS(F) a row F(name) for each that is written out beside
 * this.
 */
#define SHALE_DYNLIB_FUNCTIONS(PASSED_ON, OTHERS)                                                  \
	PASSED_ON(SHALE_DYNLIB_POINTER_)                                                           \
	OTHERS(SHALE_DYNLIB_POINTER_OF_)                                                           \
	static const struct shale_dynlib_function functions[] = { PASSED_ON(SHALE_DYNLIB_ROW_)     \
			OTHERS(SHALE_DYNLIB_ROW_OF_){ 0 } };                                       \
	PASSED_ON(SHALE_DYNLIB_PASS_ON_)

#define SHALE_DYNLIB_POINTER_OF_(name)                  static __typeof__(name) *real_##name;
#define SHALE_DYNLIB_POINTER_(type, name, params, args) SHALE_DYNLIB_POINTER_OF_(name)
#define SHALE_DYNLIB_ROW_OF_(name)                      { #name, (void **)&real_##name },
#define SHALE_DYNLIB_ROW_(type, name, params, args)     SHALE_DYNLIB_ROW_OF_(name)
#define SHALE_DYNLIB_PASS_ON_(type, name, params, args)                                            \
	type name params                                                                           \
	{                                                                                          \
		return real_##name args;                                                           \
	}

/* 0, or -ELIBACC with words. Any thread may call it, and call it again. */
int shale_dynlib_load(struct shale_dynlib *library, struct shale_error *err);
