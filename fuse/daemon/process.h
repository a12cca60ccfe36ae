/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The process that serves a mount: what it inherits from its caller is put right, for it serves
 * others too, and for longer. */
#pragma once

/*
 * Limits: none where the process may lift them, else the hard ones; of descriptors as many as the
 * system gives one process. The size of core dumps stays as it is.
 * Signals: none is blocked, and none ignored but SIGPIPE, SIGXFSZ and SIGXCPU.
 * No umask, an environment that holds PATH alone, and an OOM score that makes it no early victim.
 * Changes that are not allowed are left out. To be called while the process has one thread. Returns
 * the seconds of CPU time after which the system kills it all the same; 0: never.
 */
unsigned long process_own(void);
