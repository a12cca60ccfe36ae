/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keeps requests out while the layers of a mount change. */
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

/* Waits while the gate is closed. A thread that is inside does not enter once more. */
void gate_enter(struct gate *gate);
void gate_leave(struct gate *gate);

/* Closes the gate, and waits until no request is inside. If they take long, lets others in from
 * time to time. RET_SINCE: when it was closed, in ns of CLOCK_MONOTONIC. -EBUSY: the gate is open,
 * since requests took too long. */
int gate_close(struct gate *gate, int64_t *ret_since);
void gate_open(struct gate *gate);
