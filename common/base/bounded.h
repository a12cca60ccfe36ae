/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A call that may never return, such as a question to a filesystem whose daemon hangs. */
#pragma once

#include <stddef.h>

/* Runs CALL with a copy of the SIZE bytes at DATA in a thread of its own. Returns what CALL
 * returned, and DATA is as CALL left it; or -ETIMEDOUT after MILLISECONDS: then DATA is unchanged,
 * and the thread stays for as long as the call takes. CALL must not keep pointers into DATA. */
int bounded_call(int (*call)(void *data), void *data, size_t size, int milliseconds);
