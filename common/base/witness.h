/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A file that a daemon keeps locked for as long as it lives. It lies in a directory that only its
 * owner can write to, so no other user can pretend to be the daemon, in whatever mount or pid
 * namespace the daemon and the asking process are, and even if /proc hides processes. A second
 * lock, which belongs to the process, tells its pid. */
#pragma once

#include "common/base/life.h"

/* Makes PATH if need be and locks it; the descriptor holds the lock. -EBUSY if another process has
 * it. */
int witness_hold(const char *path);
/* Lets the lock tell this process's pid, which shares the descriptors of the one that took it. */
void witness_renew(int fd);

/* How often the process that serves the daemon's mount was replaced. */
struct witness_replaced {
	unsigned int deaths;   /* because it had died */
	int last_signal;       /* of the last death; 0: none */
	unsigned int upgrades; /* by that of another program */
};
/* Writes it into the file that FD, of witness_hold, holds; a failure is ignored. */
void witness_note(int fd, const struct witness_replaced *replaced);
/* Adds what is noted in a file, if anything is. */
void witness_add_replaced(int dir, const char *name, struct witness_replaced *sum);

/* GONE: the file exists and is not locked. UNKNOWN if the file does not exist. */
enum life witness_check(int dir, const char *name);
/* The holder's pid, and a pidfd of it, which the caller closes; -1 if it is gone, or in a pid
 * namespace that cannot be seen from here. RET_PID may be NULL. */
int witness_pidfd(int dir, const char *name, int *ret_pid);
/* Waits until the holder has ended, for MILLISECONDS at most. */
enum life witness_wait(int dir, const char *name, int milliseconds);
