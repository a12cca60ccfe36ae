/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Limits the time of a call that may never return, such as a question to a filesystem whose daemon
 * hangs. */
#pragma once

#include <stddef.h>

/*
 * Runs CALL in a thread of its own, with a copy of the SIZE bytes at DATA. Returns what CALL
 * returned, and DATA is as CALL left it. Returns -ETIMEDOUT after MILLISECONDS: then DATA is
 * unchanged, and the thread stays as long as CALL takes. CALL must not keep pointers into DATA.
 */
int bounded_call(int (*call)(void *data), void *data, size_t size, int milliseconds);
