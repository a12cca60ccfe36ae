/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which mount a descriptor was opened through. */
#pragma once

#include <stdint.h>

#include "common/base/life.h"

/* The mount id that /proc/self/mountinfo lists, which the kernel reuses once the mount is gone; -1
 * if the kernel does not report it. */
int mountid_of(int fd);

/* The mount id that the kernel does not reuse before the next boot (STATX_MNT_ID_UNIQUE, Linux
 * 6.8); 0 if the kernel does not report it. Asks no filesystem: FD may lead to a mount whose daemon
 * hangs. */
uint64_t mount_unique_id(int fd);
/* The unique id of the mount at NAME in DIRFD; 0: nothing is mounted there. Opens no descriptor,
 * which would make the mount busy. */
uint64_t mount_unique_id_at(int dirfd, const char *name);
/* Whether the mount with that unique id is attached in this mount namespace: GONE says nothing of
 * other namespaces. */
enum life mount_life(uint64_t unique_id);
/* The path at which the mount is attached now, for the caller to free; NULL if it cannot be
 * told. */
char *mount_point_of(uint64_t unique_id);
