/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Makes the kernel refuse system calls to this process, as an older kernel or a container's filter
 * does. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Tells whether this host lets a process refuse its own system calls: an emulator of another
 * processor does not. */
bool refuse_is_possible(void);

/* Lets each of the N CALLS (numbers) fail with CODE, a positive errno, in this process and its
 * children. Returns 0 or a negative errno. */
int refuse_calls(const int *calls, size_t n, int code);

/* Flags of system calls that can be refused. They fail with EOPNOTSUPP, as on filesystems without
 * them. */
enum refused_flag {
	REFUSE_O_TMPFILE, /* a flag of open and openat */
	REFUSE_FICLONE,   /* FICLONE and FICLONERANGE */
};
int refuse_flag(enum refused_flag flag);
