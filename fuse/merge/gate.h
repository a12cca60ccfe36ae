/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The gate that each request passes. It keeps requests out while a snapshot changes the layers. */
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct gate {
	atomic_uint inside; /* requests that are being served */
	atomic_bool closed;
	pthread_mutex_t lock;
	pthread_cond_t changed;
};

void gate_init(struct gate *gate);
void gate_destroy(struct gate *gate);

/* Enters; waits while the gate is closed. A thread that is inside must not enter again. */
void gate_enter(struct gate *gate);
void gate_leave(struct gate *gate);

/* Closes the gate, and waits until no request is inside. If that takes long, opens it from time to
 * time to let waiting requests in. RET_SINCE is when it was closed, in ns of CLOCK_MONOTONIC.
 * -EBUSY: requests took too long, and the gate is open. */
int gate_close(struct gate *gate, int64_t *ret_since);
void gate_open(struct gate *gate);
