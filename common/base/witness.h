/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A file on which a daemon holds a lock for as long as it lives. It lies in a directory that is its
 * owner's alone: no other user can pass for the daemon, wherever the daemon and those who ask are
 * (another mount or pid namespace, a /proc that hides processes). A second lock, of the process,
 * tells its pid. */
#pragma once

#include "common/base/life.h"

/* Makes PATH if need be and locks it; the descriptor is the lock. -EBUSY if somebody holds it. */
int witness_hold(const char *path);

/* GONE: the file is there, and nobody holds it. Without the file that cannot be told. */
enum life witness_check(int dir, const char *name);
/* The pid of the holder and a pidfd of it, which is the caller's; -1: it cannot be seen from this
 * pid namespace, or is gone. RET_PID may be NULL. */
int witness_pidfd(int dir, const char *name, int *ret_pid);
/* Waits for its end, for so many milliseconds at the most. */
enum life witness_wait(int dir, const char *name, int milliseconds);
