/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Locks between processes and between threads: flock() on files that have no other use. */
#pragma once

/* Opens the lock file NAME in DIRFD, makes it if it is missing, and takes the lock: OPERATION is
 * LOCK_SH or LOCK_EX, perhaps | LOCK_NB. The returned descriptor holds the lock until it is
 * closed. -EWOULDBLOCK with LOCK_NB if another holds the lock. */
int lock_take(int dirfd, const char *name, int operation);
