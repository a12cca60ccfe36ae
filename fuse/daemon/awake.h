/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Waiting awake: a reader asks for the next request for some microseconds before it sleeps. To
 * sleep and be woken on another processor takes longer than most requests. How long a reader asks
 * follows from how soon requests have come, and it does not ask at all on a busy machine.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct awake {
	bool possible;     /* several processors, and the machine's load can be read */
	atomic_bool taken; /* a reader waits awake; no second one may */
	int64_t window;    /* ns: how long the reader asks; only that reader uses it while TAKEN */
	_Atomic int64_t busy_until; /* ns, monotonic: no reader waits awake before this time */
	_Atomic int64_t rest;       /* ns: how long before BUSY_UNTIL the machine was seen busy */
	int load;                   /* descriptor of /proc/loadavg; -1: none */
	unsigned int busy_looks;    /* busy looks in a row; only the watchdog uses it */
	unsigned int most_runnable; /* threads that an idle machine may have to run */
};

/* With OFF, or on a machine with one processor, awake_wait() returns at once. */
void awake_open(struct awake *awake, bool off);
void awake_close(struct awake *awake);

/* Returns when FD can be read, or when it is time to sleep in a read. */
void awake_wait(struct awake *awake, int fd);
/* Call it after each read, which took NANOSECONDS with its awake_wait(). */
void awake_learn(struct awake *awake, int64_t nanoseconds);
/* Looks how busy the machine is: to be called every millisecond or so while requests come. */
void awake_look(struct awake *awake);
