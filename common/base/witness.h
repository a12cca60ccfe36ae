/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A file that a daemon keeps locked as long as it lives. Only the owner can write to its directory,
 * so no other user can pretend to be the daemon. This works across mount and pid namespaces, and
 * even if /proc hides processes. A second lock belongs to the process, and tells its pid.
 */
#pragma once

#include "common/base/life.h"

/* Makes PATH if it is missing, and locks it. Returns the descriptor, which holds the lock; -EBUSY
 * if another process holds it. */
int witness_hold(const char *path);
/* Makes the second lock tell this process's pid. This process must share the descriptors of the one
 * that took the lock. */
void witness_renew(int fd);

/* How often the process that serves the daemon's mount was replaced. */
struct witness_replaced {
	unsigned int deaths;   /* replaced because it had died */
	int last_signal;       /* signal of the last death; 0: it never died */
	unsigned int upgrades; /* replaced by a worker of another program */
};
/* Writes REPLACED into the file of FD, which is from witness_hold. Ignores a failure. */
void witness_note(int fd, const struct witness_replaced *replaced);
/* Adds the counts in the file to SUM, if there are any. */
void witness_add_replaced(int dir, const char *name, struct witness_replaced *sum);

/* Tells whether the daemon lives. GONE: the file exists and is not locked. UNKNOWN: the file does
 * not exist. */
enum life witness_check(int dir, const char *name);
/*
 * Returns a pidfd of the process that holds the lock, and its pid in RET_PID, which may be NULL.
 * The caller closes the pidfd. Returns -1 if the process is gone, or in a pid namespace that this
 * process cannot see.
 */
int witness_pidfd(int dir, const char *name, int *ret_pid);
/* Waits until the process that holds the lock has ended, for MILLISECONDS at most. */
enum life witness_wait(int dir, const char *name, int milliseconds);
