/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The lock of a work directory: the daemon that holds it is the only one to use the upper layer. It
 * is a flock(2), which ends with its holder. The offset of a second lock (fcntl(2)) is the unique
 * id of the holder's mount, so that this note needs no file and cannot outlive the holder
 * either. */
#pragma once

#include "common/base/life.h"

#include <stddef.h>
#include <stdint.h>

/* Opens and locks DIR; the descriptor holds the lock. If the mount of the holder is gone already,
 * waits for the holder to end. -EBUSY: the mount is there, or the holder noted none within half a
 * minute. */
int worklock_take(int dir);
/* Notes for other processes which mount the holder of LOCK serves. 0: notes nothing. */
void worklock_note(int lock, uint64_t unique_id);
/* Writes where the mount of the holder of DIR's lock is, and which process that is, as far as it
 * can be told: " at 'PLACE' (process PID, NAME)". */
void worklock_describe(int dir, char *ret, size_t size);
/* Whether any process holds the lock of DIR/NAME: GONE if there is no such directory. */
enum life worklock_life(int dir, const char *name);
