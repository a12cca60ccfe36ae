/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The store's own struct, shared by the files of common/store.
 *
 * Locks, in the order in which they are taken: a layer's (RUN/locks/ID, at most one at a time),
 * then RUN/locks/.places, then staging/.lock or trash/.lock. All are flock() on a descriptor opened
 * for the purpose, so that they also hold between threads.
 */
#pragma once

#include <jansson.h>
#include <pthread.h>

#include "common/backend.h"
#include "common/shale.h"
#include "common/store/store_config.h"
#include "common/store/foreign/engine_kind.h"

/* The directory in HOME for files that a repair moved away instead of deleting them. */
#define LOST_DIR "lost+found"

struct shale_store {
	/* The engine whose layers these are. If it is not shale, HOME and HOME/l alone are open,
	 * every other descriptor is -1 and every pointer NULL, and nothing may be written. */
	enum engine engine;
	json_t *known; /* the other engine's records of its layers, by id; may be NULL */
	int home, links, staging, trash, images; /* HOME, HOME/l, HOME/staging, ... */
	int run, locks, refs;                    /* RUN, RUN/locks, RUN/refs */
	char *home_path, *run_path;              /* absolute paths of HOME and RUN */
	/* The reason why RUN cannot be written to; its code is 0 if RUN is writable. */
	struct shale_error no_run;
	struct store_config config;
	char *wanted_backend; /* "auto", "kernel", "fuse" */
	shale_log_fn *log;    /* the caller's log function; NULL: messages are dropped */
	void *log_arg;

	pthread_mutex_t backend_lock; /* guards all fields below */
	const struct backend_ops *backend;
	char *backend_reason;
};
