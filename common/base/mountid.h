/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tells through which mount a descriptor was opened. */
#pragma once

#include <stdint.h>

#include "common/base/life.h"

/* Returns the mount id that /proc/self/mountinfo lists; -1 if the kernel does not report it. The
 * kernel uses the id again when the mount is gone. */
int mountid_of(int fd);

/*
 * Returns the unique mount id, which the kernel does not use again before the next boot
 * (STATX_MNT_ID_UNIQUE, Linux 6.8); 0 if the kernel does not report it. Asks no filesystem, so FD
 * may lead to a mount whose daemon hangs.
 */
uint64_t mount_unique_id(int fd);
/* Returns the unique id of the mount at NAME in DIRFD; 0: nothing is mounted there. Opens no
 * descriptor, because a descriptor would make the mount busy. */
uint64_t mount_unique_id_at(int dirfd, const char *name);
/* Tells whether the mount is attached in this mount namespace. LIFE_GONE: it is not, but it may be
 * attached in another namespace. */
enum life mount_life(uint64_t unique_id);
/* Returns the path at which the mount is attached now; the caller frees it. Returns NULL if the
 * path is unknown. */
char *mount_point_of(uint64_t unique_id);
