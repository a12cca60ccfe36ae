/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The lock of a work directory: only the daemon that holds the lock uses the upper layer. It is a
 * flock(2), which ends with its holder. The offset of a second lock (fcntl(2)) is the unique id of
 * the holder's mount. So this note needs no file, and it cannot outlive the holder either.
 */
#pragma once

#include "common/base/life.h"

#include <stddef.h>
#include <stdint.h>

/*
 * Opens and locks DIR. Returns the descriptor, which holds the lock. If another process holds it,
 * but that holder's mount is gone, waits for the holder to end. Returns -EBUSY if the holder's
 * mount exists, or if the holder has noted no mount within half a minute.
 */
int worklock_take(int dir);
/* Notes for other processes which mount the holder of LOCK serves. UNIQUE_ID 0: notes nothing. */
void worklock_note(int lock, uint64_t unique_id);
/* Returns the unique id of the mount that the holder of DIR's lock has noted; 0: none. DIR may be
 * the holder's own descriptor. */
uint64_t worklock_noted(int dir);
/* Describes the process that holds DIR's lock and its mount, as far as they are known: " at 'PLACE'
 * (process PID, NAME)". */
void worklock_describe(int dir, char *ret, size_t size);
/* Whether any process holds the lock of DIR/NAME. GONE also if there is no such directory. */
enum life worklock_life(int dir, const char *name);
