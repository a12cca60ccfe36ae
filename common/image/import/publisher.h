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
	/* Result of the thread; valid when the thread was joined. */
	int code;
	struct shale_error err;
};

/* Starts the thread. If none can be started, publisher_end publishes the layer. */
void publisher_start(struct publisher *publisher);
/* Tells whether publishing has failed. The thread may still run. */
bool publisher_failed(struct publisher *publisher);
/* Waits until the layer is published, and frees it. Returns the result; 0 if there is no layer. */
int publisher_end(struct publisher *publisher, struct shale_error *err);
