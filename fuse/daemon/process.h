/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Prepares the process that serves a mount: it serves other users too, and outlives its caller, so
 * it must not depend on what it has inherited. */
#pragma once

#include <stddef.h>
#include <sys/types.h>

/*
 * Sets: limits, to none if the process may, else to the hard ones; descriptors, to as many as the
 * system allows; the size of core dumps stays. Signals: none is blocked, and only SIGPIPE, SIGXFSZ
 * and SIGXCPU are ignored. No umask, an environment with PATH alone, and a lower OOM score. Skips
 * changes that are not allowed. Call it before other threads are started. Returns the seconds of
 * CPU time after which the system still kills the process; 0: never.
 */
unsigned long process_own(void);
/* How many threads may serve requests: where address space is limited, they take a quarter. */
unsigned int process_most_threads(void);
/* The system takes this process, which another can replace, rather than its keeper. */
void process_yield(void);
/* Forks a process that shares this one's descriptors. The C library does not know of it: it must
 * take none of the library's locks if there are threads. Returns like fork(2). */
pid_t process_clone(void);
/* Makes the table of descriptors large enough for a mount of N_LAYERS, while no thread and no other
 * process shares it: growing it later makes those wait for all processors, 10 ms and more. */
void process_widen(size_t n_layers);
