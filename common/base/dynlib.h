/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A shared library that is loaded at its first use, and stays loaded. */
#pragma once

#include <pthread.h>

#include "common/shale.h"

struct dynlib_function {
	const char *name; /* NULL: the end of the table */
	void **pointer;   /* receives the function's address */
};

struct dynlib {
	const char *name; /* the library's file name, for dlopen(3) */
	const struct dynlib_function *functions;
	pthread_mutex_t lock;
	int loaded; /* 1 when all functions have their addresses; set last, under the lock */
};
#define DYNLIB(so_name, table)                                                                     \
	{                                                                                          \
		.name = (so_name), .functions = (table), .lock = PTHREAD_MUTEX_INITIALIZER         \
	}

/* For one library, defines a pointer real_NAME for the address of each function NAME, and the table
 * of all these pointers. PASSED_ON(F) lists the functions whose calls go straight to the library,
 * each as F(type, name, (parameters), (arguments)); our function of that name is generated.
 * OTHERS(F) lists those whose own version is written by hand, each as F(name). */
#define DYNLIB_FUNCTIONS(PASSED_ON, OTHERS)                                                        \
	PASSED_ON(DYNLIB_POINTER_)                                                                 \
	OTHERS(DYNLIB_POINTER_OF_)                                                                 \
	static const struct dynlib_function functions[] = { PASSED_ON(DYNLIB_ROW_)                 \
			OTHERS(DYNLIB_ROW_OF_){ 0 } };                                             \
	PASSED_ON(DYNLIB_PASS_ON_)

#define DYNLIB_POINTER_OF_(name)                  static __typeof__(name) *real_##name;
#define DYNLIB_POINTER_(type, name, params, args) DYNLIB_POINTER_OF_(name)
#define DYNLIB_ROW_OF_(name)                      { #name, (void **)&real_##name },
#define DYNLIB_ROW_(type, name, params, args)     DYNLIB_ROW_OF_(name)
#define DYNLIB_PASS_ON_(type, name, params, args)                                                  \
	type name params                                                                           \
	{                                                                                          \
		return real_##name args;                                                           \
	}

/* Loads the library at the first call. Returns 0, or -ELIBACC with words. Any thread may call it,
 * any number of times. */
int dynlib_load(struct dynlib *library, struct shale_error *err);
