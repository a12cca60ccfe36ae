/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which mount a descriptor was opened through. */
#pragma once

#include <stdint.h>

#include "common/base/life.h"

/* A number that /proc/self/mountinfo lists too, and that another mount gets later; -1 where it
 * cannot be told. */
int mountid_of(int fd);

/* A number that no other mount gets until the next boot (STATX_MNT_ID_UNIQUE, Linux 6.8); 0 where
 * it cannot be told. Asks no filesystem: FD may lead to a mount whose daemon hangs. */
uint64_t mount_unique_id(int fd);
/* Of what is mounted at NAME in DIRFD; 0: nothing. No descriptor is opened, which would make the
 * mount busy. */
uint64_t mount_unique_id_at(int dirfd, const char *name);
/* Whether the mount of that number is attached in this mount namespace: GONE says nothing of
 * other namespaces. */
enum life mount_life(uint64_t unique_id);
/* Where it is attached now, for the caller to free; NULL where that cannot be told. */
char *mount_point_of(uint64_t unique_id);
