/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Waiting awake: a reader polls for the next request for some microseconds before it sleeps,
 * because sleeping and being woken on another processor takes longer than most requests. If
 * requests come soon, the reader polls longer. On a busy machine it does not poll at all.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct awake {
	bool possible;     /* this machine has several processors, and its load can be read */
	atomic_bool taken; /* a reader waits awake; a second reader must not */
	int64_t window;    /* ns: how long the reader polls; only that reader uses it while TAKEN */
	_Atomic int64_t busy_until; /* ns, monotonic: no reader waits awake before this time */
	_Atomic int64_t rest;       /* ns: how long the last pause before BUSY_UNTIL was */
	int load;                   /* descriptor of /proc/loadavg; -1: not open */
	unsigned int busy_looks;    /* busy looks in a row; only the watchdog uses it */
	unsigned int most_runnable; /* how many threads may be ready to run on an idle machine */
};

/* Sets up waiting awake. With OFF, or on a machine with one processor, awake_wait() then returns at
 * once. */
void awake_open(struct awake *awake, bool off);
void awake_close(struct awake *awake);

/* Polls FD until it can be read or the window ends; after that the caller sleeps in read(2). */
void awake_wait(struct awake *awake, int fd);
/* Adapts the window. Call it after each read, which took NANOSECONDS together with its
 * awake_wait(). */
void awake_learn(struct awake *awake, int64_t nanoseconds);
/* Looks whether the machine is busy. Call it about every millisecond while requests come. */
void awake_look(struct awake *awake);
