/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Prepares the process that serves a mount. It serves other users, too, and lives longer than its
 * caller, so it must not depend on limits, signals or environment of the caller. */
#pragma once

#include <stddef.h>
#include <sys/types.h>

/* Sets what the process has inherited to known values. Limits: none, or the hard limits if it may
 * not lift them; as many descriptors as the system allows; core dumps keep their limit. Signals:
 * none is blocked, and only SIGPIPE, SIGXFSZ and SIGXCPU are ignored. No umask, an environment with
 * PATH alone, and a lower OOM score. Ignores what is not allowed. Call it before other threads
 * start. Returns after how many seconds of CPU time the system still kills the process; 0:
 * never. */
unsigned long process_own(void);
/* Returns how many threads may serve requests. If address space is limited, they may use a quarter
 * of it. */
unsigned int process_most_threads(void);
/* Makes the OOM killer choose this process rather than its keeper, because the keeper can start
 * another one. */
void process_yield(void);
/* Forks a process that shares this process's descriptors; returns like fork(2). The C library does
 * not know of the new process: if this process has threads, the new one must take no lock of the
 * library. */
pid_t process_clone(void);
/* Makes the table of descriptors large enough for a mount of N_LAYERS. Call it while no other
 * thread or process shares the table: to enlarge a shared one takes 10 ms and more, since it waits
 * for all processors. */
void process_widen(size_t n_layers);
