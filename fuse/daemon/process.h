/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Prepares the process that serves a mount: it serves other users too, and outlives its caller, so
 * it must not depend on what it has inherited. */
#pragma once

#include <stddef.h>
#include <sys/types.h>

/*
 * Replaces what the process has inherited. Limits: none if the process may lift them, else the hard
 * ones; as many descriptors as the system allows; the size of core dumps stays. Signals: no signal
 * is blocked, and only SIGPIPE, SIGXFSZ and SIGXCPU are ignored. No umask, an environment with PATH
 * alone, and a lower OOM score. Skips changes that are not allowed. Call it before other threads
 * are started. Returns the seconds of CPU time after which the system still kills the process; 0:
 * never.
 */
unsigned long process_own(void);
/* Returns how many threads may serve requests. If address space is limited, they take a quarter of
 * it. */
unsigned int process_most_threads(void);
/* Makes the OOM killer choose this process, which another can replace, before its keeper. */
void process_yield(void);
/*
 * Forks a process that shares this one's descriptors, and returns like fork(2). The C library does
 * not know of the new process: if this one has threads, the new one must take none of the library's
 * locks.
 */
pid_t process_clone(void);
/*
 * Makes the table of descriptors large enough for a mount of N_LAYERS. Call it while no thread and
 * no other process shares the table: growing a shared one waits for all processors, 10 ms and more.
 */
void process_widen(size_t n_layers);
