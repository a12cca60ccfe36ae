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
	bool possible;              /* several processors, and the machine's load can be read */
	atomic_bool taken;          /* one reader waits awake, no more */
	int64_t window;             /* ns: how long the reader asks; its alone while TAKEN */
	_Atomic int64_t busy_until; /* ns, monotonic: no reader waits awake before */
	_Atomic int64_t
		rest; /* ns: the last time from when the machine was seen busy to BUSY_UNTIL */
	int load;     /* /proc/loadavg; -1 */
	unsigned int busy_looks;    /* in a row; the watchdog's alone */
	unsigned int most_runnable; /* threads that an idle machine may have to run */
};

/* Where OFF, or where one processor is all there is, awake_wait() returns at once. */
void awake_open(struct awake *awake, bool off);
void awake_close(struct awake *awake);

/* Returns when FD can be read, or when it is time to sleep in a read. */
void awake_wait(struct awake *awake, int fd);
/* Tells after each read that it took NANOSECONDS, awake_wait() included. */
void awake_learn(struct awake *awake, int64_t nanoseconds);
/* Looks how busy the machine is: to be called every millisecond or so while requests come. */
void awake_look(struct awake *awake);
