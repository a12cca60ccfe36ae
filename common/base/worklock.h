/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The lock of a work directory: the daemon that holds it has the upper layer to itself. It is a
 * flock(2), which ends with its holder; which mount the holder serves is told by the place of a
 * second lock (fcntl(2)), so that it needs no file and cannot outlive the holder either. */
#pragma once

#include "common/base/life.h"

#include <stdint.h>

/* Opens and locks DIR; the descriptor is the lock. While the holder before has lost its mount, and
 * has only not ended yet, that is waited for. -EBUSY: its mount is there, or nothing was told of
 * it for half a minute. */
int worklock_take(int dir);
/* Tells others which mount the holder of LOCK serves. 0: nothing is told. */
void worklock_note(int lock, uint64_t unique_id);
/* Whether anybody holds the lock of DIR/NAME: nobody where there is no such directory. */
enum life worklock_life(int dir, const char *name);
