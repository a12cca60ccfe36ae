/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Locks between processes and between threads: flock() on files that have no other purpose. */
#pragma once

/* Opens the lock file NAME in DIRFD, makes it if need be, and takes OPERATION (LOCK_SH or LOCK_EX,
 * perhaps | LOCK_NB). The descriptor holds the lock: closing it gives it up. -EWOULDBLOCK. */
int lock_take(int dirfd, const char *name, int operation);
