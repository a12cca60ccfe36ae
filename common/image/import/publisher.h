/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Publishes an unpacked layer in a thread, while the caller unpacks the next one. */
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "common/shale.h"
#include "common/store/add_layer.h"

struct publisher {
	struct adding *adding; /* the unpacked layer; NULL: there is none */
	pthread_t thread;
	bool threaded;
	atomic_bool failed;
	/* The thread's result; the caller reads both only after it joined the thread. */
	int code;
	struct shale_error err;
};

/* Starts the thread. If there is no thread, publisher_end does the work. */
void publisher_start(struct publisher *publisher);
/* Tells whether the layer could not be published, while the thread may still run. */
bool publisher_failed(struct publisher *publisher);
/* Waits until the layer is published, and frees it. Returns its result; 0 without a layer. */
int publisher_end(struct publisher *publisher, struct shale_error *err);
