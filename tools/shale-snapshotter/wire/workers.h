/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Threads for calls that may wait. They are started when they are needed, and end after some idle
 * seconds. */
#pragma once

#include "tools/shale-snapshotter/wire/call.h"

struct wire_workers;

/* Makes the workers. When wire_workers_fd() becomes readable, the event loop must call
 * wire_workers_take(), which returns completed calls and resets the descriptor. */
struct wire_workers *wire_workers_new(void);
/* Waits for the running calls. Frees those that wire_workers_take has not returned. */
void wire_workers_free(struct wire_workers *workers);
int wire_workers_fd(const struct wire_workers *workers);
/* Lets a thread run CALL's method. Returns -EAGAIN if there is no thread and none can be
 * started. */
int wire_workers_add(struct wire_workers *workers, struct wire_call *call);
/* Returns the completed calls, oldest first, linked by their field QUEUED. */
struct wire_call *wire_workers_take(struct wire_workers *workers);
